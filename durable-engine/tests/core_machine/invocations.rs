//! When an invocation is owed, and what its end means.

use std::time::Duration;

use durable_engine::core::{Execution, ExecutionStatus, InvalidStart, InvocationEnd, Origin};
use durable_runtime::wire::{Timestamp, limits};
use serde_json::json;

use crate::support::*;

#[test]
fn an_execution_begins_with_its_first_event_and_an_invocation_owed() {
    let mut run = Run::begun(new_execution());
    let event = run.last_event();
    assert_eq!(
        (&event["EventId"], &event["EventType"]),
        (&json!(1), &json!("ExecutionStarted"))
    );
    assert_eq!(
        event["ExecutionStartedDetails"]["Input"],
        json!({"Payload": "{\"order\":42}", "Truncated": false})
    );
    assert_eq!(run.execution.invoke_at(), Some(run.now));
    assert!(run.invoke().changed.is_empty());
    assert_eq!(run.execution.invoke_at(), None);
    assert!(run.try_invoke().is_none(), "one at a time");
}

#[test]
fn a_start_outside_the_limits_is_refused() {
    let refused = |change: fn(&mut durable_engine::core::NewExecution)| {
        let mut new = new_execution();
        change(&mut new);
        Execution::begin(new, Timestamp::default()).unwrap_err()
    };
    assert!(matches!(
        refused(|new| new.name = "order 42".into()),
        InvalidStart::Name { .. }
    ));
    let large = refused(|new| new.input = Some("x".repeat(limits::INPUT_PAYLOAD_MAX + 1)));
    assert!(matches!(large, InvalidStart::InputTooLarge { .. }));
    assert!(matches!(
        refused(|new| new.timeout_seconds = Some(0)),
        InvalidStart::Timeout { .. }
    ));
    assert!(matches!(
        refused(|new| new.timeout_seconds = Some(limits::EXECUTION_TIMEOUT_SECONDS_MAX + 1)),
        InvalidStart::Timeout { .. }
    ));
    let largest = durable_engine::core::NewExecution {
        name: "a".repeat(64),
        input: Some("x".repeat(limits::INPUT_PAYLOAD_MAX)),
        timeout_seconds: Some(limits::EXECUTION_TIMEOUT_SECONDS_MAX),
        ..new_execution()
    };
    assert!(Execution::begin(largest, Timestamp::default()).is_ok());
}

#[test]
fn the_invocation_completes_before_the_execution_does() {
    let mut run = Run::invoked();
    run.pass(2);
    assert_eq!(
        run.end(InvocationEnd::Succeeded("7".into())),
        ExecutionStatus::Succeeded
    );
    assert_eq!(run.line(), "InvocationCompleted ExecutionSucceeded");
    let completed = serde_json::to_value(&run.history[1]).unwrap();
    assert_eq!(
        completed["InvocationCompletedDetails"],
        json!({"StartTimestamp": 1_767_225_600.0, "EndTimestamp": 1_767_225_602.0, "RequestId": "request-1"})
    );
    assert_eq!(
        run.last_event()["ExecutionSucceededDetails"]["Result"]["Payload"],
        "7"
    );
    assert_eq!(
        (run.execution.next_due(), run.execution.invoke_at()),
        (None, None)
    );
}

#[test]
fn a_failed_workflow_fails_its_execution() {
    let mut run = Run::invoked();
    assert_eq!(
        run.end(InvocationEnd::Failed(boom())),
        ExecutionStatus::Failed
    );
    assert_eq!(run.execution.record().error, Some(boom()));
    assert_eq!(
        run.last_event()["ExecutionFailedDetails"]["Error"]["Payload"]["ErrorMessage"],
        "it went boom"
    );
}

#[test]
fn a_result_over_the_limit_is_a_failure_that_says_so() {
    let mut run = Run::invoked();
    let result = "x".repeat(limits::WIRE_PAYLOAD_MAX + 1);
    assert_eq!(
        run.end(InvocationEnd::Succeeded(result)),
        ExecutionStatus::Failed
    );
    let error = run.execution.record().error.clone().unwrap();
    assert_eq!(
        error.error_type.as_deref(),
        Some("Execution.ResultTooLarge")
    );
    let mut run = Run::invoked();
    let largest = InvocationEnd::Succeeded("x".repeat(limits::WIRE_PAYLOAD_MAX));
    assert_eq!(run.end(largest), ExecutionStatus::Succeeded);
}

/// With what is said of its beginning, and its first invocation running.
fn invoked_with(change: fn(&mut Origin)) -> Run {
    let mut new = new_execution();
    change(&mut new.origin);
    let mut run = Run::begun(new);
    run.invoke();
    run
}

#[test]
fn a_result_that_nobody_waits_for_has_a_lower_limit() {
    let run = || invoked_with(|origin| origin.asynchronous = true);
    let result = |size| InvocationEnd::Succeeded("x".repeat(size));
    let limit = limits::OPERATION_PAYLOAD_MAX;
    assert_eq!(run().end(result(limit)), ExecutionStatus::Succeeded);
    assert_eq!(run().end(result(limit + 1)), ExecutionStatus::Failed);
}

#[test]
fn an_execution_is_kept_for_as_many_days_as_it_was_begun_with() {
    let mut run = invoked_with(|origin| origin.retention_days = Some(3));
    run.pass(60);
    run.end(InvocationEnd::Succeeded("1".into()));
    let kept = run.now.saturating_add(Duration::from_hours(72));
    assert_eq!(run.execution.record().delete_at, Some(kept));
    let mut run = Run::invoked();
    run.end(InvocationEnd::Succeeded("1".into()));
    assert_eq!(run.execution.record().delete_at, None);
}

#[test]
fn a_suspended_execution_owes_nothing_until_something_completes() {
    let mut run = Run::suspended_after(&[wait("w", 60)]);
    assert_eq!(run.execution.invoke_at(), None);
    assert_eq!(
        run.execution.next_due(),
        Some(Timestamp::from_millis(1_767_225_660_000))
    );
    run.pass(59);
    assert_eq!(run.execution.invoke_at(), None);
    run.pass(1);
    assert_eq!(run.execution.invoke_at(), Some(run.now));
    assert_eq!(run.line(), "WaitStarted InvocationCompleted WaitSucceeded");
}

#[test]
fn suspending_with_nothing_open_fails_since_nothing_could_resume_it() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a"), start(Context, "c")]).unwrap();
    assert_eq!(run.end(InvocationEnd::Pending), ExecutionStatus::Failed);
    let error = run.execution.record().error.clone().unwrap();
    assert_eq!(
        error.error_type.as_deref(),
        Some("Invocation.NothingPending")
    );
}

#[test]
fn whatever_the_service_completes_may_be_suspended_on() {
    for open in [
        vec![wait("a", 1)],
        vec![start(Step, "a"), retry("a", 1)],
        vec![start(Callback, "a")],
        vec![durable_runtime::wire::OperationUpdate::start_chained_invoke("a", "ship")],
    ] {
        let mut run = Run::invoked();
        run.apply(&open).unwrap();
        assert_eq!(
            run.end(InvocationEnd::Pending),
            ExecutionStatus::Running,
            "{open:?}"
        );
    }
}

#[test]
fn what_completed_unseen_while_the_invocation_ran_owes_another_at_once() {
    let mut run = Run::invoked();
    run.apply(&[wait("w", 1)]).unwrap();
    run.pass(1);
    run.end(InvocationEnd::Pending);
    assert_eq!(run.execution.invoke_at(), Some(run.now));
    assert_eq!(ids(&run.invoke().changed), ["w"]);
}

#[test]
fn what_completed_and_was_told_owes_nothing_more() {
    let mut run = Run::invoked();
    run.apply(&[wait("w", 1), wait("v", 60)]).unwrap();
    run.pass(1);
    run.apply(&[]).unwrap();
    run.end(InvocationEnd::Pending);
    assert_eq!(run.execution.invoke_at(), None);
}

#[test]
fn a_crash_is_in_the_history_and_the_next_invocation_follows_with_growing_delay() {
    let mut run = Run::invoked();
    for delay in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        assert_eq!(
            run.end(InvocationEnd::Errored(boom())),
            ExecutionStatus::Running
        );
        assert_eq!(
            run.last_event()["InvocationCompletedDetails"]["Error"]["Payload"]["ErrorType"],
            "Boom"
        );
        let owed = run.execution.invoke_at().unwrap();
        assert_eq!(owed.saturating_duration_since(run.now).as_secs(), delay);
        assert!(run.try_invoke().is_none(), "not before its time");
        run.pass(delay);
        run.invoke();
    }
}

#[test]
fn an_invocation_that_is_owed_does_not_wait_for_a_clock_that_stepped_back() {
    let back = |run: &mut Run, seconds| {
        run.now = run.now.saturating_sub(Duration::from_secs(seconds));
    };
    // Owed at once: whatever the clock says.
    let mut run = Run::begun(new_execution());
    back(&mut run, 1);
    run.invoke();
    // Owed after a delay: the clock may make it longer by no more than the delay.
    run.end(InvocationEnd::Errored(boom()));
    run.pass(1);
    run.invoke();
    run.end(InvocationEnd::Errored(boom()));
    let delay = run.execution.invoke_at().unwrap();
    let delay = delay.saturating_duration_since(run.now).as_secs();
    assert!(run.try_invoke().is_none(), "not before its time");
    run.pass(delay - 1);
    back(&mut run, delay - 1);
    assert!(
        run.try_invoke().is_none(),
        "as far as anybody can tell it was just set"
    );
    back(&mut run, 1);
    run.invoke();
}

#[test]
fn the_delay_begins_anew_after_progress_and_after_an_orderly_end() {
    let delay = |run: &Run| {
        run.execution
            .invoke_at()
            .unwrap()
            .saturating_duration_since(run.now)
            .as_secs()
    };
    let mut run = Run::invoked();
    run.end(InvocationEnd::Errored(boom()));
    run.pass(1);
    run.invoke();
    run.apply(&[wait("w", 1)]).unwrap();
    run.end(InvocationEnd::Errored(boom()));
    assert_eq!(
        (delay(&run), run.execution.record().failures),
        (1, 1),
        "it recorded something"
    );
    run.pass(1);
    run.invoke();
    run.end(InvocationEnd::Pending);
    assert_eq!(run.execution.record().failures, 0);
}

#[test]
fn what_a_crashed_invocation_was_told_is_told_again() {
    let mut run = Run::invoked();
    run.apply(&[wait("w", 1), wait("v", 2)]).unwrap();
    run.end(InvocationEnd::Pending);
    run.pass(1);
    assert_eq!(ids(&run.invoke().changed), ["w"]);
    run.pass(1);
    assert_eq!(ids(&run.apply(&[]).unwrap().operations), ["v"]);
    run.end(InvocationEnd::Errored(boom()));
    run.pass(1);
    assert_eq!(ids(&run.invoke().changed), ["w", "v"]);
}

#[test]
fn an_invocation_lost_with_the_engine_is_repeated_at_once() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a")]).unwrap();
    run.restart();
    assert!(run.execution.record().invocation.is_some());
    run.end(InvocationEnd::Lost(boom()));
    assert_eq!(
        (run.execution.invoke_at(), run.execution.record().failures),
        (Some(run.now), 0)
    );
    assert_eq!(run.line(), "StepStarted InvocationCompleted");
}

#[test]
fn an_invocation_that_left_no_trace_is_owed_again_after_a_restart() {
    let mut run = Run::invoked();
    run.restart();
    assert!(run.execution.record().invocation.is_none());
    run.invoke();
}

#[test]
fn stopping_closes_the_running_invocation_first_and_then_nothing_happens() {
    let mut run = Run::invoked();
    run.apply(&[wait("w", 1)]).unwrap();
    run.stop(Some(boom()));
    assert_eq!(
        run.line(),
        "WaitStarted InvocationCompleted ExecutionStopped"
    );
    assert_eq!(run.execution.record().status, ExecutionStatus::Stopped);
    run.pass(60);
    run.end(InvocationEnd::Succeeded("1".into()));
    run.stop(None);
    assert_eq!(run.history.len(), 4, "it is over");
}

#[test]
fn stopping_a_suspended_execution_is_one_event() {
    let mut run = Run::suspended_after(&[wait("w", 1)]);
    run.stop(None);
    assert_eq!(
        run.line(),
        "WaitStarted InvocationCompleted ExecutionStopped"
    );
    assert_eq!(
        run.last_event()["ExecutionStoppedDetails"]["Error"]["Payload"]["ErrorType"],
        "Execution.Stopped"
    );
}
