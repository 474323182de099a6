//! The plugins of 10-1 to 10-18: a short record for each hook, on stdout.

use durable_runtime::plugin::{
    AttemptEnd, AttemptInfo, InvocationEnd, InvocationInfo, OperationChange, OperationInfo, Plugin,
};
use durable_runtime::wire::OperationType;
use serde::Serialize;
use serde_json::{Value, json};

/// Prints what each hook is told, in the words of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Records {
    name: &'static str,
    /// Only operations of this type.
    only: Option<OperationType>,
}

impl Records {
    /// For the plugin of this name.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { name, only: None }
    }

    /// Of operations, those of one type.
    #[must_use]
    pub const fn only(self, operation_type: OperationType) -> Self {
        let only = Some(operation_type);
        Self { only, ..self }
    }

    fn skips(&self, operation: &OperationInfo<'_>) -> bool {
        self.only
            .is_some_and(|only| only != operation.operation_type)
    }

    fn print(&self, arn: &str, hook: &str, told: Value) {
        let record = Record {
            durable_execution_arn: arn,
            plugin: self.name,
            hook,
            told,
        };
        if let Ok(record) = serde_json::to_string(&record) {
            println!("{record}");
        }
    }

    /// What the body of a step is called, and the one of a context.
    fn body_hook(
        operation: &OperationInfo<'_>,
        of_step: &'static str,
        of_context: &'static str,
    ) -> &'static str {
        if operation.operation_type == OperationType::Step {
            of_step
        } else {
            of_context
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    durable_execution_arn: &'a str,
    plugin: &'a str,
    hook: &'a str,
    #[serde(flatten)]
    told: Value,
}

fn or_none(text: Option<&str>) -> &str {
    text.unwrap_or("NONE")
}

impl Plugin for Records {
    fn on_invocation_start(&self, invocation: &InvocationInfo<'_>) {
        let (arn, first) = (invocation.execution_arn, invocation.is_first_invocation);
        self.print(arn, "invocation-start", json!({ "first": first }));
        for operation in invocation.updated_operations {
            if self.skips(operation) {
                continue;
            }
            let record = json!({
                "op": operation.id,
                "status": operation.status.to_string(),
                "first": first,
            });
            self.print(arn, "updated-on-invoke", record);
        }
    }

    fn on_invocation_end(&self, end: &InvocationEnd<'_>) {
        let record = json!({
            "first": end.invocation.is_first_invocation,
            "terminal": end.status.is_terminal(),
            "status": end.status.to_string(),
        });
        self.print(end.invocation.execution_arn, "invocation-end", record);
    }

    fn on_operation_start(&self, operation: &OperationInfo<'_>) {
        if self.skips(operation) {
            return;
        }
        let record = json!({
            "op": operation.id,
            "name": operation.name,
            "type": operation.operation_type.to_string(),
            "replay": operation.is_replay,
            "pending": operation.end_timestamp.is_none(),
        });
        self.print(operation.execution_arn, "operation-start", record);
    }

    fn on_operation_end(&self, operation: &OperationInfo<'_>) {
        if self.skips(operation) {
            return;
        }
        let error = operation
            .error
            .and_then(|error| error.error_message.as_deref());
        let record = json!({
            "op": operation.id,
            "name": operation.name,
            "type": operation.operation_type.to_string(),
            "parent": or_none(operation.parent_id),
            "status": operation.status.to_string(),
            "result": or_none(operation.result),
            "error": or_none(error),
        });
        self.print(operation.execution_arn, "operation-end", record);
    }

    fn on_operation_change(&self, change: &OperationChange<'_>) {
        for operation in change.updated_operations {
            if self.skips(operation) {
                continue;
            }
            let record = json!({
                "op": operation.id,
                "status": operation.status.to_string(),
                "in_full_map": change.operation(operation.id).is_some(),
            });
            self.print(change.execution_arn, "operation-change", record);
        }
    }

    fn on_attempt_start(&self, attempt: &AttemptInfo<'_>) {
        let operation = &attempt.operation;
        if self.skips(operation) {
            return;
        }
        let record = json!({
            "op": operation.id,
            "parent": or_none(operation.parent_id),
            "n": attempt.attempt,
        });
        let hook = Self::body_hook(operation, "attempt-start", "fn-start");
        self.print(operation.execution_arn, hook, record);
    }

    fn on_attempt_end(&self, end: &AttemptEnd<'_>) {
        let operation = &end.attempt.operation;
        if self.skips(operation) {
            return;
        }
        let record = json!({
            "op": operation.id,
            "parent": or_none(operation.parent_id),
            "n": end.attempt.attempt,
            "outcome": end.outcome.to_string(),
        });
        let hook = Self::body_hook(operation, "attempt-end", "fn-end");
        self.print(operation.execution_arn, hook, record);
    }
}

/// Prints that a hook was called, and panics. For 10-4 and 10-17.
#[derive(Clone, Copy, Debug)]
pub struct Faulty;

impl Faulty {
    #[expect(clippy::panic, reason = "it is there to be survived")]
    fn fail(arn: &str, hook: &str) {
        let record = json!({
            "durableExecutionArn": arn,
            "plugin": "CONFPLUGIN-FAULTY",
            "hook": hook,
        });
        println!("{record}");
        panic!("{hook} of a faulty plugin");
    }
}

impl Plugin for Faulty {
    fn on_invocation_start(&self, invocation: &InvocationInfo<'_>) {
        Self::fail(invocation.execution_arn, "invocation-start");
    }

    fn on_invocation_end(&self, end: &InvocationEnd<'_>) {
        Self::fail(end.invocation.execution_arn, "invocation-end");
    }

    fn on_operation_start(&self, operation: &OperationInfo<'_>) {
        Self::fail(operation.execution_arn, "operation-start");
    }

    fn on_operation_end(&self, operation: &OperationInfo<'_>) {
        Self::fail(operation.execution_arn, "operation-end");
    }

    fn on_attempt_start(&self, attempt: &AttemptInfo<'_>) {
        Self::fail(attempt.operation.execution_arn, "attempt-start");
    }

    fn on_attempt_end(&self, end: &AttemptEnd<'_>) {
        Self::fail(end.attempt.operation.execution_arn, "attempt-end");
    }
}
