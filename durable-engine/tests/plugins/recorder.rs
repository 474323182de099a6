//! A plugin that writes down what it is told.

use std::sync::{Arc, Mutex};

use durable_engine::{TestEngine, TestEngineBuilder};
use durable_runtime::plugin::{
    AttemptEnd, AttemptInfo, InvocationEnd, InvocationInfo, OperationChange, OperationInfo, Plugin,
    PluginFuture,
};

/// One line a hook.
#[derive(Clone, Default)]
pub(crate) struct Recorder {
    lines: Arc<Mutex<Vec<String>>>,
    with_changes: bool,
}

impl Recorder {
    pub(crate) fn with_changes() -> Self {
        Self {
            with_changes: true,
            ..Self::default()
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|found| *found == line).count()
    }

    pub(crate) fn count_prefix(&self, prefix: &str) -> usize {
        let lines = self.lines();
        lines.iter().filter(|line| line.starts_with(prefix)).count()
    }

    fn note(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

fn name<'a>(operation: &OperationInfo<'a>) -> &'a str {
    operation.name.unwrap_or(operation.operation_type.as_str())
}

fn replay(operation: &OperationInfo<'_>) -> &'static str {
    if operation.is_replay { " replayed" } else { "" }
}

impl Plugin for Recorder {
    fn on_invocation_start(&self, info: &InvocationInfo<'_>) {
        let first = if info.is_first_invocation {
            "first"
        } else {
            "again"
        };
        let updated: Vec<String> = info
            .updated_operations
            .iter()
            .map(|operation| format!(" {}={}", name(operation), operation.status))
            .collect();
        self.note(format!("invocation {first}{}", updated.concat()));
    }

    fn on_invocation_end(&self, end: &InvocationEnd<'_>) {
        self.note(format!("invocation {}", end.status));
    }

    fn on_operation_start(&self, operation: &OperationInfo<'_>) {
        self.note(format!("start {}{}", name(operation), replay(operation)));
    }

    fn on_operation_end(&self, operation: &OperationInfo<'_>) {
        self.note(format!("end {} {}", name(operation), operation.status));
    }

    fn on_operation_change(&self, change: &OperationChange<'_>) {
        for operation in change.updated_operations {
            let full = change.operation(operation.id).expect("it is in the map");
            assert_eq!(full.status, operation.status);
        }
        if self.with_changes {
            let changed: Vec<String> = change
                .updated_operations
                .iter()
                .map(|operation| format!(" {}={}", name(operation), operation.status))
                .collect();
            self.note(format!("change{}", changed.concat()));
        }
    }

    fn on_attempt_start(&self, attempt: &AttemptInfo<'_>) {
        let rebuild = if attempt.is_replaying_children {
            " rebuilding"
        } else {
            ""
        };
        let name = name(&attempt.operation);
        self.note(format!("attempt {name} {}{rebuild}", attempt.attempt));
    }

    fn on_attempt_end(&self, end: &AttemptEnd<'_>) {
        let name = name(&end.attempt.operation);
        let error = end
            .error
            .and_then(|error| error.error_message.as_deref())
            .map(|message| format!(": {message}"))
            .unwrap_or_default();
        self.note(format!(
            "attempt {name} {} {}{error}",
            end.attempt.attempt, end.outcome
        ));
    }

    fn flush(&self) -> PluginFuture<'_> {
        Box::pin(async {
            tokio::task::yield_now().await;
            self.note("flush".to_owned());
        })
    }
}

/// An engine that keeps parked workflows in memory, and one that doesn't: plugins see the same.
pub(crate) fn modes() -> [(&'static str, TestEngineBuilder); 2] {
    [
        ("resident", TestEngine::builder()),
        ("evicted", TestEngine::builder().evict_always()),
    ]
}
