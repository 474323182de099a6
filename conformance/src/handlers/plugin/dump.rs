//! The plugin of 10-19 to 10-23: all that each hook is told, on stdout. What a hook isn't told is left out.

use durable_runtime::plugin::{
    AttemptEnd, AttemptInfo, InvocationEnd, InvocationInfo, OperationChange, OperationInfo, Plugin,
};
use durable_runtime::wire::OperationType;
use durable_runtime::wire::{ErrorObject, Timestamp};
use serde_json::{Map, Value};

/// Prints every field, under the suite's name for it.
#[derive(Clone, Copy, Debug)]
pub struct Dump {
    only: OperationType,
}

impl Dump {
    /// Of operations, those of this type.
    #[must_use]
    pub const fn of(only: OperationType) -> Self {
        Self { only }
    }
}

/// A record under construction: a field that has no value isn't in it.
#[derive(Default)]
struct Record(Map<String, Value>);

impl Record {
    fn new(hook: &str, arn: &str) -> Self {
        Self::default()
            .with("plugin", "CONFPLUGIN")
            .with("hook", hook)
            .with("durableExecutionArn", arn)
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    fn time(self, name: &str, time: Option<Timestamp>) -> Self {
        self.with(name, time.map(iso_8601))
    }

    fn error(self, name: &str, error: Option<&ErrorObject>) -> Self {
        self.with(name, error.and_then(|error| error.error_message.clone()))
    }

    fn invocation(self, invocation: &InvocationInfo<'_>) -> Self {
        self.with("isFirstInvocation", invocation.is_first_invocation)
            .with("requestId", invocation.request_id)
            .with("operationsCount", invocation.operations_count)
            .time(
                "executionStartTimestamp",
                Some(invocation.execution_start_timestamp),
            )
    }

    fn operation(self, operation: &OperationInfo<'_>) -> Self {
        self.named(operation)
            .with("status", operation.status.to_string())
            .time("startTimestamp", Some(operation.start_timestamp))
            .time("endTimestamp", operation.end_timestamp)
            .with("result", operation.result)
            .error("error", operation.error)
            .with("attempt", operation.attempt)
    }

    fn named(self, operation: &OperationInfo<'_>) -> Self {
        self.with("id", operation.id)
            .with("name", operation.name)
            .with("type", operation.operation_type.to_string())
            .with("subType", operation.sub_type)
            .with("parentId", operation.parent_id)
            .with("isReplay", operation.is_replay)
    }

    fn attempt(self, attempt: &AttemptInfo<'_>) -> Self {
        self.named(&attempt.operation)
            .with("attempt", attempt.attempt)
            .time("startTimestamp", Some(attempt.start_timestamp))
            .with("isReplayingChildren", attempt.is_replaying_children)
    }

    fn print(self) {
        println!("{}", Value::Object(self.0));
    }
}

fn iso_8601(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.as_millis())
        .unwrap_or_default()
        .to_string()
}

impl Plugin for Dump {
    fn on_invocation_start(&self, invocation: &InvocationInfo<'_>) {
        Record::new("invocation-start", invocation.execution_arn)
            .invocation(invocation)
            .with(
                "updatedOperationsCount",
                invocation.updated_operations.len(),
            )
            .print();
    }

    fn on_invocation_end(&self, end: &InvocationEnd<'_>) {
        Record::new("invocation-end", end.invocation.execution_arn)
            .invocation(&end.invocation)
            .with("status", end.status.to_string())
            .with("terminal", end.status.is_terminal())
            .error("executionError", end.error)
            .print();
    }

    fn on_operation_start(&self, operation: &OperationInfo<'_>) {
        if operation.operation_type == self.only {
            Record::new("operation-start", operation.execution_arn)
                .operation(operation)
                .print();
        }
    }

    fn on_operation_end(&self, operation: &OperationInfo<'_>) {
        if operation.operation_type == self.only {
            Record::new("operation-end", operation.execution_arn)
                .operation(operation)
                .print();
        }
    }

    fn on_operation_change(&self, change: &OperationChange<'_>) {
        for operation in change.updated_operations {
            if operation.operation_type == self.only {
                Record::new("operation-change", change.execution_arn)
                    .operation(operation)
                    .with("executionArn", change.execution_arn)
                    .with("updatedOperationsCount", change.updated_operations.len())
                    .with("operationsCount", change.operations_count)
                    .with("inFullMap", change.operation(operation.id).is_some())
                    .print();
            }
        }
    }

    fn on_attempt_start(&self, attempt: &AttemptInfo<'_>) {
        if attempt.operation.operation_type == self.only {
            let hook = match self.only {
                OperationType::Step => "attempt-start",
                _ => "fn-start",
            };
            Record::new(hook, attempt.operation.execution_arn)
                .attempt(attempt)
                .print();
        }
    }

    fn on_attempt_end(&self, end: &AttemptEnd<'_>) {
        if end.attempt.operation.operation_type == self.only {
            let hook = match self.only {
                OperationType::Step => "attempt-end",
                _ => "fn-end",
            };
            Record::new(hook, end.attempt.operation.execution_arn)
                .attempt(&end.attempt)
                .time("endTimestamp", Some(end.end_timestamp))
                .with("outcome", end.outcome.to_string())
                .error("error", end.error)
                .print();
        }
    }
}
