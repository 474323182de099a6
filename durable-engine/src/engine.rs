//! [`Engine`]: starts workflows and finds them again.

use std::path::Path;
use std::sync::Arc;

use durable_runtime::wire::ErrorObject;
use durable_runtime::{Workflow, WorkflowFn};

use crate::builder::EngineBuilder;
use crate::callback::CallbackHandle;
use crate::core::{Event, ExecutionRecord};
use crate::error::EngineError;
use crate::host::Host;
use crate::run::{Run, StartRequest};
use crate::service::Service;
use crate::store::{ExecutionSummary, ListFilter, Store};

/// A running engine. Clones are handles to the same one; when the last goes, running workflows stop where they are, and go on when an
/// engine opens the database again.
#[derive(Clone, Debug)]
pub struct Engine {
    handle: Arc<Handle>,
}

/// Stops the host when the last engine handle goes.
#[derive(Debug)]
struct Handle(Arc<Host>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Engine {
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self {
            handle: Arc::new(Handle(host)),
        }
    }

    pub(crate) fn host(&self) -> &Arc<Host> {
        &self.handle.0
    }

    /// Opens a database file, making it if there is none. A file can be opened again in the same process after [`shutdown`](Self::shutdown); dropping the
    /// handles alone leaves that to the moment when the engine's tasks have noticed.
    ///
    /// # Errors
    /// When the file is no database of an engine, is damaged or newer than this build, is open in another engine, or can't be written. The file
    /// is left as it was.
    pub fn open(path: impl AsRef<Path>) -> Result<EngineBuilder, EngineError> {
        EngineBuilder::open(path.as_ref())
    }

    /// An engine that forgets everything when it ends.
    pub fn in_memory() -> EngineBuilder {
        EngineBuilder::in_memory()
    }

    /// An engine on a store of the caller's own.
    pub fn on(store: Arc<dyn Store>) -> EngineBuilder {
        EngineBuilder::on(store)
    }

    /// Starts an execution: `engine.start(fulfil, order).id("order-42").await?`.
    ///
    /// Idempotent by id: the same id with the same input gives the execution that is already there.
    pub fn start<W: Workflow, Arguments>(
        &self,
        _workflow: impl WorkflowFn<W, Arguments>,
        input: W::Input,
    ) -> StartRequest<W> {
        self.start_input(input)
    }

    pub(crate) fn start_input<W: Workflow>(&self, input: W::Input) -> StartRequest<W> {
        StartRequest::new(self.clone(), input)
    }

    /// The execution of this workflow with this id.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when there is none.
    pub async fn run<W: Workflow, Arguments>(
        &self,
        _workflow: impl WorkflowFn<W, Arguments>,
        id: &str,
    ) -> Result<Run<W>, EngineError> {
        let workflow = W::DEFINITION.name();
        match self.find(workflow, id).await? {
            Some(record) => Ok(Run::new(self.clone(), record.arn, id.to_owned())),
            None => Err(EngineError::NotFound {
                workflow: workflow.to_owned(),
                id: id.to_owned(),
            }),
        }
    }

    /// What is stored of an execution, by workflow name and id.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn find(
        &self,
        workflow: &str,
        id: &str,
    ) -> Result<Option<ExecutionRecord>, EngineError> {
        Ok(self.host().store.find(workflow, id).await?)
    }

    /// Executions, newest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn list(&self, filter: ListFilter) -> Result<Vec<ExecutionSummary>, EngineError> {
        Ok(self.host().store.list(filter).await?)
    }

    /// The history events of an execution, oldest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn history(&self, arn: &str) -> Result<Vec<Event>, EngineError> {
        Ok(self.host().store.history(arn).await?)
    }

    /// Ends an execution, whatever it is doing, and with it those that went on where it [restarted](durable_runtime::restart()). Ending one that has ended already
    /// changes nothing.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when there is no such execution; when the database can't be written.
    pub async fn stop(
        &self,
        workflow: &str,
        id: &str,
        reason: impl Into<String>,
    ) -> Result<(), EngineError> {
        let record = self
            .find(workflow, id)
            .await?
            .ok_or_else(|| EngineError::NotFound {
                workflow: workflow.to_owned(),
                id: id.to_owned(),
            })?;
        let error = ErrorObject::new("Execution.Stopped", reason.into());
        self.host().stop(&record.arn, Some(error)).await
    }

    /// The callback with this id, to complete it: `engine.callback(id).succeed(&approval).await?`.
    pub fn callback(&self, id: impl AsRef<str>) -> CallbackHandle {
        CallbackHandle::new(self.clone(), id.as_ref().to_owned())
    }

    /// The service's own API, for programs that are not written against this crate: what the HTTP server serves.
    pub fn service(&self) -> Service {
        Service::new(self.clone())
    }

    /// Lets running invocations come to rest (parked or finished), starts no new ones, and returns. What is parked goes on when an engine opens the
    /// database again, which it can once the last handle (this one, and every [`Run`]) is dropped.
    pub async fn shutdown(&self) {
        self.host().shutdown().await;
    }
}
