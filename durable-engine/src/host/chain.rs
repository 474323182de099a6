//! Chained invokes: what an execution invokes is started, and its end comes back.
//!
//! The target of a CHAINED_INVOKE is decided when its START is recorded, and a durable target's execution has an ARN that follows from the
//! caller's and the operation's. So whatever was written when a process died, the next one finds out what is missing: it starts
//! the target, which finds the execution that is there, or tells the caller of an end it was not told of. A plain function has no such
//! memory; it is called again.
//!
//! An execution that is stopped or times out leaves what it has invoked running: that is an execution of its own. One that gives
//! an invoke up (CANCEL) stops the target.

use std::sync::Arc;
use std::time::Duration;

use blake2::{Blake2b, Digest, digest::consts::U16};
use durable_runtime::wire::{ErrorObject, OperationStatus, OperationType, OperationUpdate, limits};
use uuid::Uuid;

use super::activity::Busy;
use super::function::PlainCall;
use super::restart::successor_of;
use super::slot::{Problem, Slot};
use super::start::Start;
use super::targets::Target;
use super::{Host, seconds};
use crate::core::{
    ExecutionRecord, ExecutionStatus, InvokeEnd, InvokeTarget, Invoker, Origin, ServiceDetails,
    StoredOperation,
};
use crate::error::EngineError;
use crate::service::names::FunctionName;

/// How long a target's end waits for the invocation that started it to end, so that the history tells of the one before the other.
/// One that works on for longer is told while it does.
const PATIENCE: Duration = Duration::from_millis(250);

/// An invoke that an execution waits for.
#[derive(Clone, Debug)]
struct Chained {
    invoker: Invoker,
    function_name: String,
    tenant_id: Option<String>,
    trace_header: Option<String>,
    input: Option<String>,
    target: Option<InvokeTarget>,
}

impl Chained {
    fn new(arn: &Arc<str>, stored: &StoredOperation) -> Option<Self> {
        let ServiceDetails::ChainedInvoke {
            function_name,
            tenant_id,
            input,
            trace_header,
            target,
        } = stored.service.clone()?
        else {
            return None;
        };
        Some(Self {
            invoker: Invoker {
                arn: Arc::clone(arn),
                operation: stored.operation.id.clone(),
            },
            function_name,
            tenant_id,
            trace_header,
            input,
            target,
        })
    }
}

impl Host {
    /// What the START of a CHAINED_INVOKE invokes.
    pub(super) fn chained_target(
        &self,
        arn: &str,
        update: &OperationUpdate,
    ) -> Option<InvokeTarget> {
        let options = update.chained_invoke_options.as_ref()?;
        let called = FunctionName::parse(&options.function_name, None).ok()?;
        let (name, target) = self.targets.named(&called.name)?;
        let version = called.version();
        let durable_execution_arn = target.is_durable().then(|| {
            let unique = derived(arn, &update.id);
            self.settings
                .home
                .execution_arn(name, version, &unique, &unique)
        });
        Some(InvokeTarget {
            function: name.to_string(),
            executed_version: version.to_owned(),
            durable_execution_arn,
        })
    }

    /// Starts what these operations invoke, and stops what they have given up. Operations of other types are none of its business.
    pub(super) fn pursue<'a>(
        self: &Arc<Self>,
        slot: &Slot,
        operations: impl IntoIterator<Item = &'a StoredOperation>,
    ) {
        for stored in operations {
            let operation = &stored.operation;
            if operation.operation_type != OperationType::ChainedInvoke {
                continue;
            }
            let Some(chained) = Chained::new(&slot.arn, stored) else {
                continue;
            };
            let busy = self.activity.busy();
            match operation.status {
                OperationStatus::Started if self.claim(&chained) => {
                    self.tasks.spawn(Arc::clone(self).chain(chained, busy));
                }
                OperationStatus::Cancelled => {
                    self.tasks
                        .spawn(Arc::clone(self).give_up_target(chained, busy));
                }
                _ => {}
            }
        }
    }

    /// Whether no other task is starting this.
    fn claim(&self, chained: &Chained) -> bool {
        self.chains.lock().insert(chained.invoker.clone())
    }

    /// Sees to it that the target runs, or has ended and its caller knows.
    async fn chain(self: Arc<Self>, chained: Chained, busy: Busy) {
        let invoker = chained.invoker.clone();
        let end = self.run_target(chained).await;
        self.chains.lock().remove(&invoker);
        match end {
            Ok(Some(end)) => self.deliver(invoker, end, busy).await,
            Ok(None) | Err(EngineError::ShutDown) => {}
            Err(error) => {
                tracing::error!(arn = %invoker.arn, operation = invoker.operation, %error, "what this operation invokes can't be started");
                if matches!(error, EngineError::Store(_))
                    && let Some(slot) = self.in_memory(&invoker.arn)
                {
                    // Read again later, it starts what is missing.
                    let mut guarded = slot.guarded.lock().await;
                    self.give_up(&slot, &mut guarded, Problem::Engine(error));
                }
            }
        }
    }

    /// The target's end, if it is known now. An execution tells its caller by itself when it ends.
    async fn run_target(
        self: &Arc<Self>,
        chained: Chained,
    ) -> Result<Option<InvokeEnd>, EngineError> {
        let failed = |error_type: &str, message: String| {
            Ok(Some(InvokeEnd::Failed(ErrorObject::new(
                error_type, message,
            ))))
        };
        let Some(target) = chained.target else {
            return failed(
                "ResourceNotFoundException",
                self.no_function(&chained.function_name),
            );
        };
        let Some((name, found)) = self.targets.get(&target.function) else {
            return Err(EngineError::NotRegistered {
                workflow: target.function,
                registered: self.targets.names(),
            });
        };
        if found.isolates_tenants() && chained.tenant_id.is_none() {
            let message = format!("`{name}` isolates its tenants, so an invocation must name one");
            return failed("InvalidParameterValueException", message);
        }
        match found {
            Target::Function(registered) if !found.is_durable() => {
                let call = PlainCall {
                    version: target.executed_version,
                    payload: chained.input.unwrap_or_else(|| "null".to_owned()).into(),
                    tenant_id: chained.tenant_id,
                    trace_header: chained.trace_header,
                    client_context: None,
                };
                let answer = self.call(registered, call).await;
                if self.abort.is_cancelled() {
                    return Err(EngineError::ShutDown);
                }
                Ok(Some(match answer {
                    Ok(payload) => answered(&payload),
                    Err(error) => InvokeEnd::Failed(error.into_object()),
                }))
            }
            _ => {
                let unique = derived(&chained.invoker.arn, &chained.invoker.operation);
                let config = found.durable_config();
                let start = Start {
                    target: Arc::clone(name),
                    version: target.executed_version,
                    name: Some(unique.clone()),
                    unique: Some(unique),
                    input: chained.input,
                    timeout_seconds: config.map(|config| seconds(config.execution_timeout)),
                    origin: Origin {
                        invoked_by: Some(Invoker::clone(&chained.invoker)),
                        tenant_id: chained.tenant_id,
                        trace_header: chained.trace_header,
                        asynchronous: true,
                        retention_days: config.map(|config| config.retention_days),
                    },
                };
                let caller = Invoker::clone(&chained.invoker);
                let started = self.begin(start).await?;
                if self.is_cancelled(&caller).await? {
                    // Meanwhile, when there was nothing to stop yet.
                    self.stop(&started.arn, Some(given_up(&caller.arn))).await?;
                    return Ok(None);
                }
                let Some(record) = self.store.record(&started.arn).await? else {
                    return Ok(None);
                };
                let last = self.last_successor(record).await?;
                if last.arn != started.arn {
                    // Should nobody be at it: it tells the caller by itself when it ends.
                    self.slot(&last.arn).await?;
                }
                Ok(end_of(last))
            }
        }
    }

    async fn is_cancelled(self: &Arc<Self>, invoker: &Invoker) -> Result<bool, EngineError> {
        let cancelled = |call: &StoredOperation| {
            call.operation.id == invoker.operation
                && call.operation.status == OperationStatus::Cancelled
        };
        if let Some(slot) = self.slot(&invoker.arn).await? {
            let guarded = slot.guarded.lock().await;
            let call = guarded.execution.operation(&invoker.operation);
            return Ok(call.is_some_and(cancelled));
        }
        // It has ended by now, and may have given this up before.
        let operations = self.store.operations(&invoker.arn).await?;
        Ok(operations.iter().any(cancelled))
    }

    fn no_function(&self, name: &str) -> String {
        format!(
            "there is no function `{name}`; those there are: {}",
            self.targets.names().join(", ")
        )
    }

    /// Tells the caller of an execution that has ended, if it has one. One that was restarted has not ended for its caller before its last successor has.
    pub(super) fn report(self: &Arc<Self>, record: &ExecutionRecord) {
        let Some(invoker) = record.origin.invoked_by.clone() else {
            return;
        };
        let busy = self.activity.busy();
        if successor_of(record).is_some() {
            let record = record.clone();
            self.tasks
                .spawn(Arc::clone(self).report_last(record, invoker, busy));
        } else if let Some(end) = end_of(record.clone()) {
            self.tasks
                .spawn(Arc::clone(self).deliver(invoker, end, busy));
        }
    }

    /// A successor that ended first has told the caller, unless the process died before it could. The next one took this for the last, and waited for its end.
    async fn report_last(self: Arc<Self>, record: ExecutionRecord, invoker: Invoker, busy: Busy) {
        let arn = Arc::clone(&record.arn);
        match self.last_successor(record).await {
            Ok(last) if successor_of(&last).is_none() => {
                if let Some(end) = end_of(last) {
                    self.deliver(invoker, end, busy).await;
                }
            }
            Ok(_) | Err(EngineError::ShutDown) => {}
            Err(error) => {
                tracing::error!(%arn, %error, "whether what goes on for it has ended is not known yet");
                self.try_again_later(&arn);
            }
        }
    }

    /// Records the target's end in the execution that waits for it.
    async fn deliver(self: Arc<Self>, invoker: Invoker, end: InvokeEnd, busy: Busy) {
        let slot = match self.slot(&invoker.arn).await {
            Ok(Some(slot)) => slot,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(arn = %invoker.arn, %error, "what it invoked has ended, and it can't go on");
                if matches!(error, EngineError::Store(_)) {
                    self.try_again_later(&invoker.arn);
                }
                return;
            }
        };
        let mut guarded = slot.guarded.lock().await;
        if guarded.execution.record().invocation.is_some() {
            let ended = slot.rests.notified();
            drop(guarded);
            tokio::select! {
                () = ended => {}
                () = tokio::time::sleep(PATIENCE) => {}
                () = self.abort.cancelled() => return,
            }
            guarded = slot.guarded.lock().await;
        }
        let now = self.clock.now();
        let due = guarded.execution.due(now);
        let commit = match guarded
            .execution
            .complete_invoke(&invoker.operation, end, now)
        {
            Some(completed) => due.then(completed),
            None => due,
        };
        if self.commit(&slot, &mut guarded, commit).await.is_ok() {
            slot.poll_invocation();
            self.schedule(&slot, &mut guarded);
        }
        drop(busy);
    }

    /// Stops the execution that nobody waits for any more.
    async fn give_up_target(self: Arc<Self>, chained: Chained, busy: Busy) {
        let target = chained
            .target
            .and_then(|target| target.durable_execution_arn);
        let Some(arn) = target else { return };
        let error = given_up(&chained.invoker.arn);
        if let Err(error) = self.stop(&arn, Some(error)).await {
            tracing::warn!(%arn, %error, "an execution that nobody waits for can't be stopped");
        }
        drop(busy);
    }
}

fn given_up(caller: &str) -> ErrorObject {
    ErrorObject::new(
        "ChainedInvoke.Cancelled",
        format!("{caller} gave the invocation up"),
    )
}

/// How an execution ended, as its caller sees it. None while it runs.
fn end_of(record: ExecutionRecord) -> Option<InvokeEnd> {
    let error = record.error.unwrap_or_default();
    Some(match record.status {
        ExecutionStatus::Succeeded => InvokeEnd::Succeeded(record.result),
        ExecutionStatus::Failed => InvokeEnd::Failed(error),
        ExecutionStatus::TimedOut => InvokeEnd::TimedOut(error),
        ExecutionStatus::Stopped | ExecutionStatus::Deleting => InvokeEnd::Stopped(error),
        ExecutionStatus::Running | ExecutionStatus::Pausing | ExecutionStatus::Paused => {
            return None;
        }
    })
}

/// A plain function's answer, as its caller sees it.
fn answered(payload: &[u8]) -> InvokeEnd {
    let refused =
        |message| InvokeEnd::Failed(ErrorObject::new("Function.InvalidResponse", message));
    if payload.len() > limits::OPERATION_PAYLOAD_MAX {
        return refused(format!(
            "the function's answer has {} bytes and the limit is {}; store the data elsewhere and return where it is",
            payload.len(),
            limits::OPERATION_PAYLOAD_MAX
        ));
    }
    match str::from_utf8(payload) {
        Ok(payload) => InvokeEnd::Succeeded(Some(payload.to_owned())),
        Err(error) => refused(format!("the function's answer is not text: {error}")),
    }
}

/// Name and last segment of the ARN of the execution that this operation invokes.
fn derived(arn: &str, operation: &str) -> String {
    let digest = Blake2b::<U16>::new()
        .chain_update((arn.len() as u64).to_le_bytes())
        .chain_update(arn)
        .chain_update(operation)
        .finalize();
    Uuid::from_bytes(digest.into()).to_string()
}
