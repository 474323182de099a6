//! What tests and tools ask of a run: its operations, by name, and its history as text.

use std::collections::HashMap;
use std::fmt::Write as _;

use durable_runtime::wire::{Operation, OperationStatus, OperationType};
use serde_json::Value;

use crate::callback::CallbackHandle;
use crate::core::Event;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::run::Run;

impl<W> Run<W> {
    /// Its operations so far, in the order in which they began.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn operations(&self) -> Result<Vec<Operation>, EngineError> {
        operations(self.engine(), self.arn()).await
    }

    /// The first operation that is displayed under this name.
    ///
    /// ```
    /// use durable_engine::TestEngine;
    /// use durable_runtime::prelude::*;
    /// use durable_runtime::wire::OperationStatus;
    ///
    /// #[step]
    /// async fn charge(cents: u32) -> Result<u32> { Ok(cents) }
    ///
    /// #[durable_workflow]
    /// async fn pay(cents: u32) -> Result<u32> { charge(cents).await }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let engine = TestEngine::builder().register(pay).start().await?;
    /// let run = engine.start(pay, 700).await?;
    /// run.result().await?;
    /// let charged = run.operation("charge").await?.expect("it was charged");
    /// assert_eq!((charged.status, charged.result()), (OperationStatus::Succeeded, Some("700")));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn operation(&self, name: &str) -> Result<Option<Operation>, EngineError> {
        let mut operations = self.operations().await?.into_iter();
        Ok(operations.find(|operation| operation.name.as_deref() == Some(name)))
    }

    /// Waits until a callback of this name is open, and gives it, to be completed.
    ///
    /// ```
    /// use durable_engine::TestEngine;
    /// use durable_runtime::prelude::*;
    ///
    /// #[durable_workflow]
    /// async fn approve() -> Result<bool> {
    ///     let approval = create_callback::<bool>().named("approval").await?;
    ///     Ok(approval.result().await?)
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let engine = TestEngine::builder().register(approve).start().await?;
    /// let run = engine.start(approve, ()).await?;
    /// run.open_callback("approval").await?.succeed(&true).await?;
    /// assert!(run.result().await?);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when the execution ends without one; when the database can't be read.
    pub async fn open_callback(&self, name: &str) -> Result<CallbackHandle, EngineError> {
        let host = self.engine().host();
        // Virtual time goes on while somebody waits.
        let _waiting = host.waiting();
        loop {
            let recorded = host.recorded.notified();
            let mut recorded = std::pin::pin!(recorded);
            // What is recorded between the question and the wait must not be missed.
            recorded.as_mut().enable();
            let operations = self.operations().await?;
            let open = operations.iter().find(|operation| {
                operation.operation_type == OperationType::Callback
                    && operation.status == OperationStatus::Started
                    && operation.name.as_deref() == Some(name)
            });
            let id = open.and_then(|operation| {
                let details = operation.callback_details.as_ref()?;
                details.callback_id.clone()
            });
            if let Some(id) = id {
                return Ok(self.engine().callback(id));
            }
            let record = host.store.record(self.arn()).await?;
            if record.is_none_or(|record| record.status.is_terminal()) {
                return Err(EngineError::NotFound {
                    workflow: format!("an open callback {name:?} of {}", self.arn()),
                    id: self.id().to_owned(),
                });
            }
            tokio::select! {
                () = recorded => {}
                () = host.aborted() => return Err(EngineError::ShutDown),
            }
        }
    }

    /// Its history as text, without what differs from run to run: a line for each event, indented by the contexts around it, with what the workflow and its
    /// callers put in. ARNs, ids, tokens and times are not in it. Made for `insta::assert_snapshot!` and for reading.
    ///
    /// ```
    /// use durable_engine::TestEngine;
    /// use durable_runtime::prelude::*;
    ///
    /// #[step]
    /// async fn charge(cents: u32) -> Result<u32> { Ok(cents) }
    ///
    /// #[durable_workflow]
    /// async fn pay(cents: u32) -> Result<u32> {
    ///     sleep(Duration::from_secs(10)).await;
    ///     charge(cents).await
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let engine = TestEngine::builder().register(pay).start().await?;
    /// let run = engine.start(pay, 700).await?;
    /// run.result().await?;
    /// assert_eq!(
    ///     run.snapshot().await?,
    ///     "ExecutionStarted 700\n\
    ///      WaitStarted sleep 10 s\n\
    ///      InvocationCompleted\n\
    ///      WaitSucceeded sleep\n\
    ///      StepStarted charge\n\
    ///      StepSucceeded charge 700\n\
    ///      InvocationCompleted\n\
    ///      ExecutionSucceeded 700\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn snapshot(&self) -> Result<String, EngineError> {
        Ok(snapshot(&self.history().await?))
    }
}

pub(crate) async fn operations(engine: &Engine, arn: &str) -> Result<Vec<Operation>, EngineError> {
    let stored = engine.host().store.operations(arn).await?;
    Ok(stored.into_iter().map(|stored| stored.operation).collect())
}

fn snapshot(history: &[Event]) -> String {
    let parents: HashMap<_, _> = history
        .iter()
        .filter_map(|event| Some((event.id.as_deref()?, event.parent_id.as_deref())))
        .collect();
    let mut text = String::new();
    for event in history {
        let mut depth = 0;
        let mut around = event.parent_id.as_deref();
        while let Some(id) = around {
            depth += 1;
            around = parents.get(id).copied().flatten();
        }
        let _ = write!(text, "{:indent$}", "", indent = depth * 2);
        text.push_str(&line(event));
        text.push('\n');
    }
    text
}

/// An event in a line: its type, its operation's name, and what was put in.
pub(crate) fn line(event: &Event) -> String {
    let mut line = event.details.event_type().to_owned();
    if let Some(name) = &event.name {
        line.push(' ');
        line.push_str(name);
    }
    // The wire's own shape: every kind of event has its payload at one of these places.
    let details = serde_json::to_value(&event.details).unwrap_or_default();
    let details = details.as_object().and_then(|all| all.values().next());
    let at = |path: &str| details.and_then(|details| details.pointer(path));
    let payload = at("/Result/Payload").or_else(|| at("/Input/Payload"));
    if let Some(payload) = payload.and_then(Value::as_str) {
        let _ = write!(line, " {payload}");
    }
    if let Some(error) = at("/Error/Payload") {
        let part = |name| error.get(name).and_then(Value::as_str);
        let kind = part("ErrorType").unwrap_or("error");
        let _ = write!(line, " {kind}: {}", part("ErrorMessage").unwrap_or(""));
    }
    if let Some(delay) = at("/RetryDetails/NextAttemptDelaySeconds").and_then(Value::as_u64) {
        let _ = write!(line, ", again in {delay} s");
    }
    // Of a wait that starts; where it ends the history repeats it.
    if at("/ScheduledEndTimestamp").is_some()
        && let Some(seconds) = at("/Duration").and_then(Value::as_u64)
    {
        let _ = write!(line, " {seconds} s");
    }
    line
}
