//! Retention: ended executions are removed when their time has come.

use std::sync::Arc;

use super::{Host, STORE_RETRY};
use crate::core::{ExecutionRecord, Invoker, StoredOperation};
use crate::error::EngineError;

/// The name of the timer that is not an execution's.
const TIMER: &str = "retention";

impl Host {
    pub(super) fn is_retention(arn: &str) -> bool {
        arn == TIMER
    }

    /// An execution has ended.
    pub(super) fn retain(&self, record: &ExecutionRecord) {
        if let Some(at) = record.delete_at {
            self.timers.set_by(&Arc::from(TIMER), at);
        }
    }

    /// Removes what is past its time, and sets the timer for what comes next.
    pub(super) async fn sweep(&self) {
        let now = self.clock.now();
        let next = match self.store.sweep(now).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "ended executions can't be removed; it is tried again later");
                Some(now.saturating_add(STORE_RETRY))
            }
        };
        if let Some(next) = next {
            self.timers.set_by(&Arc::from(TIMER), next);
        }
    }

    /// Removes an execution that has ended.
    pub(crate) async fn delete(self: &Arc<Self>, arn: &str) -> Result<Removal, EngineError> {
        if self.slot(arn).await?.is_some() {
            return Ok(Removal::Running);
        }
        let Some(record) = self.store.record(arn).await? else {
            return Ok(Removal::Unknown);
        };
        // Its caller would find nothing and start it once more, should the engine end before the caller knows.
        if let Some(invoker) = &record.origin.invoked_by
            && self.awaits(invoker).await?
        {
            return Ok(Removal::Awaited(Arc::clone(&invoker.arn)));
        }
        // An execution that has ended stays so.
        Ok(match self.store.delete(arn).await? {
            true => Removal::Done,
            false => Removal::Unknown,
        })
    }
}

impl Host {
    /// Whether an operation of an open execution still waits. From the store: nobody has to be able to run the execution here.
    async fn awaits(&self, invoker: &Invoker) -> Result<bool, EngineError> {
        let Some(caller) = self.store.load(&invoker.arn).await? else {
            return Ok(false);
        };
        let waits = |call: &StoredOperation| {
            call.operation.id == invoker.operation && call.operation.end_timestamp.is_none()
        };
        Ok(!caller.record.status.is_terminal() && caller.operations.iter().any(waits))
    }
}

/// What became of the wish to remove an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Done,
    /// It has not ended.
    Running,
    /// This execution has not learnt of its end yet, or of that of its successor.
    Awaited(Arc<str>),
    Unknown,
}
