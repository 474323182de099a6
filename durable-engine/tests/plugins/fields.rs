//! What the hooks are told of invocations, operations, attempts and changes.

use std::sync::{Arc, Mutex};

use durable_runtime::plugin::{
    AttemptEnd, AttemptInfo, AttemptOutcome, InvocationEnd, InvocationEndStatus, InvocationInfo,
    OperationChange, OperationInfo, Plugin,
};
use durable_runtime::prelude::*;
use durable_runtime::wire::{OperationStatus, OperationType};

use crate::recorder::modes;

#[step]
async fn task(fail: bool) -> Result<String> {
    if fail {
        Err(Error::msg("boom"))
    } else {
        Ok("task-a".to_owned())
    }
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"))]
async fn flaky(cx: &StepContext) -> Result<String> {
    if cx.attempt() == 1 {
        return Err(Error::msg("not yet"));
    }
    Ok("ok".to_owned())
}

#[durable_workflow]
async fn waits(input: String) -> Result<String> {
    sleep(Duration::from_secs(2)).named("nap").await;
    Ok(format!("done-{input}"))
}

#[durable_workflow]
async fn works(_: ()) -> Result<String> {
    let inner = child("around", || async { task(false).await }).await?;
    let second = flaky().await?;
    match task(true).named("failing").retry(NoRetry).await {
        Ok(_) => Ok(inner),
        Err(error) => Err(Error::msg(format!("{inner} {second} {error}"))),
    }
}

/// What hooks saw, and what they found wrong: a panic in a hook would be ignored.
#[derive(Clone, Default)]
struct Checks {
    seen: Arc<Mutex<Vec<String>>>,
}

impl Checks {
    fn note(&self, what: impl Into<String>) {
        self.seen.lock().unwrap().push(what.into());
    }

    #[track_caller]
    fn check(&self, holds: bool) {
        if !holds {
            let line = std::panic::Location::caller().line();
            self.note(format!("WRONG in line {line}"));
        }
    }

    fn saw(&self, what: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|seen| *seen == what).count()
    }
}

struct Invocations(Checks);

impl Plugin for Invocations {
    fn on_invocation_start(&self, info: &InvocationInfo<'_>) {
        let updated: Vec<String> = info
            .updated_operations
            .iter()
            .map(|operation| format!("{:?} {}", operation.name, operation.status))
            .collect();
        self.0.note(format!(
            "start {} {} {} {updated:?}",
            info.workflow, info.is_first_invocation, info.operations_count
        ));
        self.0.check(info.request_id.len() == 36);
        self.0.check(info.execution_arn.starts_with("arn:"));
        self.0
            .check(info.execution_start_timestamp.as_millis() > 1_700_000_000_000);
        self.0.note(info.request_id);
    }

    fn on_invocation_end(&self, end: &InvocationEnd<'_>) {
        let info = &end.invocation;
        self.0.note(format!(
            "end {} {} {} {}",
            info.is_first_invocation,
            info.operations_count,
            end.status,
            end.status.is_terminal()
        ));
        self.0.check(end.error.is_none());
        self.0.note(info.request_id);
    }
}

#[tokio::test]
async fn of_invocations() {
    for (mode, builder) in modes() {
        let checks = Checks::default();
        let builder = builder.register(waits).plugin(Invocations(checks.clone()));
        let engine = builder.start().await.unwrap();
        let run = engine.start(waits, "x".to_owned()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), "done-x");
        let seen = checks.seen.lock().unwrap().clone();
        assert_eq!(seen[0], "start waits true 0 []", "{mode}");
        assert_eq!(seen[2], "end true 1 PENDING false", "{mode}");
        assert_eq!(
            seen[4], "start waits false 1 [\"Some(\\\"nap\\\") SUCCEEDED\"]",
            "{mode}"
        );
        assert_eq!(seen[6], "end false 1 SUCCEEDED true", "{mode}");
        assert_eq!(seen[1], seen[3], "one request id an invocation");
        assert_eq!(seen[5], seen[7], "one request id an invocation");
        assert_ne!(seen[1], seen[5], "each its own");
    }
}

struct Operations(Checks);

impl Plugin for Operations {
    fn on_operation_start(&self, operation: &OperationInfo<'_>) {
        self.0
            .check(operation.end_timestamp.is_none() && operation.result.is_none());
        self.0.check(!operation.status.is_terminal());
        if operation.name == Some("task") {
            self.0
                .check(operation.operation_type == OperationType::Step);
            self.0.check(operation.sub_type == Some("Step"));
            self.0.check(operation.attempt == Some(1));
            self.0
                .check(operation.parent_id.is_some() && !operation.is_replay);
            self.0.note("task started");
        }
    }

    fn on_operation_end(&self, operation: &OperationInfo<'_>) {
        self.0.check(operation.end_timestamp.is_some());
        let error = operation.error.and_then(|e| e.error_message.as_deref());
        self.0.note(format!(
            "{} {} {:?} {:?} {:?} {} {}",
            operation.name.unwrap(),
            operation.status,
            operation.result,
            error,
            operation.attempt,
            operation.parent_id.is_some(),
            operation.is_replay,
        ));
    }

    fn on_operation_change(&self, change: &OperationChange<'_>) {
        self.0.check(change.execution_arn.starts_with("arn:"));
        self.0
            .check(change.operations_count >= change.updated_operations.len());
        self.0.check(change.operation("no such id").is_none());
        for operation in change.updated_operations {
            let full = change.operation(operation.id).unwrap();
            self.0.check(full.name.as_deref() == operation.name);
            if operation.name == Some("flaky") && operation.status == OperationStatus::Pending {
                self.0.note("flaky pending");
                self.0.check(operation.attempt == Some(1));
            }
        }
    }
}

#[tokio::test]
async fn of_operations() {
    for (mode, builder) in modes() {
        let checks = Checks::default();
        let builder = builder.register(works).plugin(Operations(checks.clone()));
        let engine = builder.start().await.unwrap();
        let run = engine.start(works, ()).await.unwrap();
        run.result().await.unwrap_err();
        for (times, line) in [
            (1, "task started"),
            (
                1,
                r#"task SUCCEEDED Some("\"task-a\"") None Some(1) true false"#,
            ),
            (
                1,
                r#"around SUCCEEDED Some("\"task-a\"") None None false false"#,
            ),
            (1, "flaky pending"),
            (
                1,
                r#"flaky SUCCEEDED Some("\"ok\"") None Some(2) false true"#,
            ),
            (1, r#"failing FAILED None Some("boom") Some(1) false false"#),
        ] {
            assert_eq!(
                checks.saw(line),
                times,
                "{mode}: {line} in {:#?}",
                checks.seen
            );
        }
    }
}

struct Attempts(Checks);

impl Attempts {
    fn check(&self, attempt: &AttemptInfo<'_>) {
        let operation = &attempt.operation;
        self.0.check(!operation.id.is_empty());
        self.0
            .check(attempt.start_timestamp >= operation.start_timestamp);
        if operation.operation_type == OperationType::Step {
            self.0.check(operation.attempt == Some(attempt.attempt));
            self.0.check(operation.sub_type == Some("Step"));
        }
    }
}

impl Plugin for Attempts {
    fn on_attempt_start(&self, attempt: &AttemptInfo<'_>) {
        self.check(attempt);
        self.0.note(format!(
            "start {} {}",
            attempt.operation.name.unwrap(),
            attempt.attempt
        ));
    }

    fn on_attempt_end(&self, end: &AttemptEnd<'_>) {
        self.check(&end.attempt);
        self.0
            .check(end.end_timestamp >= end.attempt.start_timestamp);
        self.0
            .check(end.error.is_some() == (end.outcome == AttemptOutcome::Failed));
        self.0.note(format!(
            "end {} {} {} {:?}",
            end.attempt.operation.name.unwrap(),
            end.attempt.attempt,
            end.outcome,
            end.error.and_then(|error| error.error_message.as_deref()),
        ));
    }
}

#[tokio::test]
async fn of_attempts() {
    for (mode, builder) in modes() {
        let checks = Checks::default();
        let builder = builder.register(works).plugin(Attempts(checks.clone()));
        let engine = builder.start().await.unwrap();
        let run = engine.start(works, ()).await.unwrap();
        run.result().await.unwrap_err();
        assert_eq!(
            *checks.seen.lock().unwrap(),
            [
                "start around 1",
                "start task 1",
                "end task 1 SUCCEEDED None",
                "end around 1 SUCCEEDED None",
                "start flaky 1",
                "end flaky 1 FAILED Some(\"not yet\")",
                "start flaky 2",
                "end flaky 2 SUCCEEDED None",
                "start failing 1",
                "end failing 1 FAILED Some(\"boom\")",
            ],
            "{mode}"
        );
    }
}

#[test]
fn names_of_states_are_words() {
    let words = [
        InvocationEndStatus::Succeeded,
        InvocationEndStatus::Failed,
        InvocationEndStatus::Pending,
        InvocationEndStatus::Retrying,
    ]
    .map(|status| status.to_string());
    assert_eq!(words, ["SUCCEEDED", "FAILED", "PENDING", "RETRYING"]);
}
