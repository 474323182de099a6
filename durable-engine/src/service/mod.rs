//! [`Service`]: the service's API as calls, without HTTP around it. The server is a thin layer over this.
//!
//! One method per action of the API. Each takes and gives plain values, and errs with a [`ServiceError`] that carries the exception the
//! service's model names for it. Where the model leaves something open, the method says what this engine does.

mod callbacks;
mod checkpoint;
mod describe;
mod error;
mod history;
mod invoke;
mod list;
pub(crate) mod names;

use std::sync::Arc;

use crate::core::ExecutionRecord;
pub use crate::core::{Pause, PauseRequest};
use crate::engine::Engine;
use crate::host::{Host, Slot};

pub use self::{
    checkpoint::CheckpointAnswer,
    describe::ExecutionDescription,
    error::ServiceError,
    history::{HistoryPage, HistoryQuery},
    invoke::{InvocationKind, InvokeAnswer, InvokeRequest},
    list::{ExecutionPage, ListQuery, ListedExecution},
};

/// Most items of a page, when the caller doesn't say how many.
const PAGE_DEFAULT: usize = 100;
/// Most items of a page, whatever the caller says. Model, `ItemCount`.
const PAGE_MAX: usize = 1_000;
/// About the most bytes of a page: what Lambda's response takes, less some room for what is around it.
pub(crate) const PAGE_BYTES: usize = 5 * 1024 * 1024;

/// The durable execution service of one engine. Clones are handles to the same one, and keep the engine running.
///
/// ```
/// use durable_engine::TestEngine;
/// use durable_engine::service::{HistoryQuery, InvokeRequest};
/// use durable_runtime::prelude::*;
///
/// #[durable_workflow]
/// async fn double(n: u32) -> Result<u32> {
///     Ok(n * 2)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let engine = TestEngine::builder().register(double).start().await?;
/// let service = engine.service();
/// let answer = service.invoke(InvokeRequest::new("double:$LATEST", "21")).await?;
/// assert_eq!((answer.status_code, &answer.payload[..]), (200, &b"42"[..]));
///
/// let arn = answer.execution_arn.ok_or("a durable function has one")?;
/// let page = service.history(&arn, HistoryQuery::default()).await?;
/// assert_eq!(page.events[0].event_type(), "ExecutionStarted");
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
}

impl Service {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine }
    }

    fn host(&self) -> &Arc<Host> {
        self.engine.host()
    }

    /// An execution that has not ended, in memory.
    async fn open(&self, arn: &str) -> Result<Option<Arc<Slot>>, ServiceError> {
        Ok(self.host().slot(arn).await?)
    }

    /// What is stored of an execution.
    async fn record(&self, arn: &str) -> Result<ExecutionRecord, ServiceError> {
        let record = self.host().store.record(arn).await;
        record
            .map_err(|error| ServiceError::Service(error.to_string()))?
            .ok_or_else(|| unknown(arn))
    }
}

fn unknown(arn: &str) -> ServiceError {
    ServiceError::ResourceNotFound(format!("there is no durable execution {arn}"))
}

fn bad_marker(marker: &str) -> ServiceError {
    ServiceError::InvalidParameterValue(format!(
        "`{marker}` is not a marker of this list; take NextMarker from the page before, or leave it out to begin anew"
    ))
}

/// How many items a page may have. Zero is the default.
fn page_size(max_items: Option<u32>) -> Result<usize, ServiceError> {
    match max_items.and_then(|items| usize::try_from(items).ok()) {
        None | Some(0) => Ok(PAGE_DEFAULT),
        Some(items) if items <= PAGE_MAX => Ok(items),
        Some(items) => Err(ServiceError::InvalidParameterValue(format!(
            "MaxItems is {items} and must be from 0 to {PAGE_MAX}"
        ))),
    }
}

/// The number in a marker.
fn read_marker(marker: Option<&str>) -> Result<Option<u64>, ServiceError> {
    marker
        .filter(|marker| !marker.is_empty())
        .map(|marker| marker.parse().map_err(|_| bad_marker(marker)))
        .transpose()
}
