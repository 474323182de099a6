//! What a legal update does to its operation.

use std::time::Duration;

use durable_runtime::wire::{
    CallbackDetails, ContextDetails, ErrorObject, Operation, OperationAction as Action,
    OperationStatus as Status, OperationType as Type, OperationUpdate, StepDetails, Timestamp,
    WaitDetails,
};

use super::{
    event::{EventDetails, EventError, EventInput, EventResult, RetryDetails},
    execution::Execution,
    record::{ServiceDetails, StoredOperation},
};

impl Execution {
    /// The operation that a START begins, with number `seq`.
    pub(super) fn opened(
        &self,
        update: &OperationUpdate,
        seq: u64,
        now: Timestamp,
    ) -> StoredOperation {
        let mut operation =
            Operation::new(&*update.id, update.operation_type, Status::Started, now);
        operation.parent_id.clone_from(&update.parent_id);
        operation.name.clone_from(&update.name);
        operation.sub_type.clone_from(&update.sub_type);
        let mut service = None;
        match update.operation_type {
            Type::Wait => {
                let scheduled_end_timestamp = Some(after(now, wait_seconds(update)));
                operation.wait_details = Some(WaitDetails {
                    scheduled_end_timestamp,
                });
            }
            Type::Step => operation.step_details = Some(StepDetails::default()),
            Type::Context => operation.context_details = Some(Box::new(ContextDetails::default())),
            Type::Callback => {
                let callback_id = Some(self.callback_id(&update.id));
                operation.callback_details = Some(Box::new(CallbackDetails {
                    callback_id,
                    ..CallbackDetails::default()
                }));
                let (timeout, heartbeat_seconds) = callback_timeouts(update);
                service = Some(ServiceDetails::Callback {
                    timeout: timeout.map(|seconds| after(now, seconds)),
                    heartbeat_seconds,
                    heartbeat: heartbeat_seconds.map(|seconds| after(now, seconds)),
                });
            }
            Type::ChainedInvoke => {
                let options = update.chained_invoke_options.clone().unwrap_or_default();
                operation.chained_invoke_details = Some(Default::default());
                service = Some(ServiceDetails::ChainedInvoke {
                    function_name: options.function_name,
                    tenant_id: options.tenant_id,
                    input: update.payload.clone(),
                    trace_header: options
                        .x_amzn_trace_id
                        .or_else(|| self.record.origin.trace_header.clone()),
                    target: None,
                });
            }
            _ => {}
        }
        StoredOperation {
            seq,
            operation,
            changed: None,
            service,
        }
    }
}

/// Applies an update that keeps every rule to the operation it found or opened, and says what that is in the history.
pub(super) fn advance(
    operation: &mut Operation,
    service: Option<&ServiceDetails>,
    update: &OperationUpdate,
    now: Timestamp,
) -> EventDetails {
    match update.operation_type {
        Type::Step => advance_step(operation, update, now),
        Type::Context => advance_context(operation, update, now),
        Type::Wait if update.action == Action::Cancel => {
            end(operation, Status::Cancelled, now);
            EventDetails::WaitCancelled { error: None }
        }
        Type::Wait => EventDetails::WaitStarted {
            duration: wait_seconds(update),
            scheduled_end_timestamp: after(now, wait_seconds(update)),
        },
        Type::Callback => {
            let (timeout, heartbeat_timeout) = callback_timeouts(update);
            let details = operation.callback_details.as_ref();
            let callback_id = details.and_then(|details| details.callback_id.clone());
            EventDetails::CallbackStarted {
                callback_id: callback_id.unwrap_or_default(),
                heartbeat_timeout,
                timeout,
            }
        }
        _ if update.action == Action::Cancel => {
            end(operation, Status::Cancelled, now);
            // The model has no event for a cancelled invocation; to its target it is a stop.
            let error = ErrorObject::new(
                "ChainedInvoke.Cancelled",
                "the workflow gave the invocation up",
            );
            EventDetails::ChainedInvokeStopped {
                error: EventError::new(Some(error)),
            }
        }
        _ => {
            let options = update.chained_invoke_options.clone().unwrap_or_default();
            let target = match service {
                Some(ServiceDetails::ChainedInvoke { target, .. }) => target.clone(),
                _ => None,
            };
            let (executed_version, durable_execution_arn) = target
                .map(|target| (target.executed_version, target.durable_execution_arn))
                .unzip();
            EventDetails::ChainedInvokeStarted {
                function_name: options.function_name,
                tenant_id: options.tenant_id,
                input: Some(EventInput::new(update.payload.clone())),
                executed_version,
                durable_execution_arn: durable_execution_arn.flatten(),
            }
        }
    }
}

fn advance_step(
    operation: &mut Operation,
    update: &OperationUpdate,
    now: Timestamp,
) -> EventDetails {
    if update.action == Action::Start {
        operation.status = Status::Started;
        return EventDetails::StepStarted {};
    }
    let delay = update
        .step_options
        .as_ref()
        .and_then(|options| options.next_attempt_delay_seconds);
    let delay = delay.filter(|_| update.action == Action::Retry);
    match update.action {
        Action::Retry => operation.status = Status::Pending,
        Action::Succeed => end(operation, Status::Succeeded, now),
        _ => end(operation, Status::Failed, now),
    }
    let failed = update.action == Action::Fail || update.error.is_some();
    let details = operation.step_details.get_or_insert_default();
    details.attempt = details.attempt.saturating_add(1);
    details.next_attempt_timestamp = delay.map(|seconds| after(now, seconds));
    let retry_details = RetryDetails {
        current_attempt: details.attempt,
        next_attempt_delay_seconds: delay,
    };
    details.error.clone_from(&update.error);
    if failed {
        // The result stays: it is the state a polling step goes on with.
        EventDetails::StepFailed {
            error: EventError::new(update.error.clone()),
            retry_details,
        }
    } else {
        details.result.clone_from(&update.payload);
        EventDetails::StepSucceeded {
            result: EventResult::new(update.payload.clone()),
            retry_details,
        }
    }
}

fn advance_context(
    operation: &mut Operation,
    update: &OperationUpdate,
    now: Timestamp,
) -> EventDetails {
    let details = operation.context_details.get_or_insert_default();
    match update.action {
        Action::Start => EventDetails::ContextStarted {},
        Action::Succeed => {
            details.replay_children = replay_children(update);
            details.result.clone_from(&update.payload);
            end(operation, Status::Succeeded, now);
            EventDetails::ContextSucceeded {
                result: EventResult::new(update.payload.clone()),
            }
        }
        _ => {
            details.replay_children = replay_children(update);
            details.error.clone_from(&update.error);
            end(operation, Status::Failed, now);
            EventDetails::ContextFailed {
                error: EventError::new(update.error.clone()),
            }
        }
    }
}

fn replay_children(update: &OperationUpdate) -> Option<bool> {
    update
        .context_options
        .as_ref()
        .and_then(|options| options.replay_children)
}

fn end(operation: &mut Operation, status: Status, now: Timestamp) {
    operation.status = status;
    operation.end_timestamp = Some(now);
}

fn after(now: Timestamp, seconds: u32) -> Timestamp {
    now.saturating_add(Duration::from_secs(seconds.into()))
}

fn wait_seconds(update: &OperationUpdate) -> u32 {
    update
        .wait_options
        .as_ref()
        .and_then(|options| options.wait_seconds)
        .unwrap_or_default()
}

/// The timeout and the heartbeat timeout, each only when it is on.
fn callback_timeouts(update: &OperationUpdate) -> (Option<u32>, Option<u32>) {
    let on = |seconds: Option<u32>| seconds.filter(|seconds| *seconds > 0);
    let options = update.callback_options.clone().unwrap_or_default();
    (
        on(options.timeout_seconds),
        on(options.heartbeat_timeout_seconds),
    )
}
