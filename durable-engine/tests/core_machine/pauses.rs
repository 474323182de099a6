//! Pausing and resuming: who may still write, what goes on meanwhile, and what the timeout does.

use durable_engine::core::{
    Execution, ExecutionStatus, InvocationEnd, NewExecution, PauseRefused, PauseRequest,
};
use durable_runtime::wire::{OperationStatus, OperationUpdate, Timestamp};
use serde_json::json;

use crate::support::*;

fn because(reason: &str) -> PauseRequest {
    PauseRequest {
        reason: Some(reason.into()),
        ..PauseRequest::default()
    }
}

fn pause(run: &mut Run) {
    run.commit_of(|it, now| it.pause(because("maintenance"), now).unwrap());
}

fn resume(run: &mut Run) {
    run.commit_of(|it, now| it.resume(because("done"), now).unwrap());
}

fn callback_id(execution: &Execution) -> String {
    let operation = &execution.operation("a").unwrap().operation;
    let details = operation.callback_details.clone().unwrap();
    details.callback_id.unwrap()
}

fn status(run: &Run) -> ExecutionStatus {
    run.execution.record().status
}

#[test]
fn a_suspended_execution_is_paused_at_once_and_its_timers_go_on() {
    let mut run = Run::suspended_after(&[wait("a", 5), wait("b", 9)]);
    pause(&mut run);
    assert_eq!(status(&run), ExecutionStatus::Paused);
    assert_eq!(
        run.last_event()["ExecutionPausedDetails"],
        json!({
            "PauseRequestTimestamp": 1_767_225_600.0, "ExecutionTimeoutPaused": true,
            "Reason": {"Payload": "maintenance", "Truncated": false},
        })
    );
    run.restart();

    run.pass(5);
    run.pass(5);
    assert_eq!(
        (run.status("a"), run.status("b")),
        (OperationStatus::Succeeded, OperationStatus::Succeeded)
    );
    assert_eq!((run.execution.invoke_at(), run.try_invoke()), (None, None));

    resume(&mut run);
    assert_eq!(
        run.last_event()["ExecutionResumedDetails"],
        json!({
            "ResumeRequestTimestamp": 1_767_225_610.0,
            "Reason": {"Payload": "done", "Truncated": false},
        })
    );
    assert_eq!(ids(&run.invoke().changed), ["a", "b"]);
}

#[test]
fn a_running_invocation_writes_once_more_and_is_made_again_after_the_pause() {
    let mut run = Run::invoked();
    pause(&mut run);
    assert_eq!(status(&run), ExecutionStatus::Pausing);
    run.restart();
    assert_eq!(
        status(&run),
        ExecutionStatus::Pausing,
        "it was acknowledged"
    );

    let applied = run.apply(&[start(Step, "a"), succeed(Step, "a")]).unwrap();
    assert_eq!(applied.token, None);
    assert_eq!(ids(&applied.operations), ["a"]);
    assert_eq!(status(&run), ExecutionStatus::Paused);

    run.end(InvocationEnd::Succeeded("too late".into()));
    assert_eq!(status(&run), ExecutionStatus::Paused);
    assert_eq!(run.try_invoke(), None);
    resume(&mut run);
    run.invoke();
    assert_eq!(
        run.end(InvocationEnd::Succeeded("1".into())),
        ExecutionStatus::Succeeded
    );
    assert_eq!(
        run.line(),
        "StepStarted StepSucceeded ExecutionPaused InvocationCompleted ExecutionResumed InvocationCompleted \
         ExecutionSucceeded"
    );
}

#[test]
fn a_resume_before_the_invocation_has_ended_owes_another_one() {
    let mut run = Run::invoked();
    pause(&mut run);
    run.apply(&[wait("a", 60)]).unwrap();
    resume(&mut run);
    assert_eq!(status(&run), ExecutionStatus::Running);
    assert_eq!(run.try_invoke(), None, "one still runs");
    run.end(InvocationEnd::Pending);
    run.invoke();
    run.end(InvocationEnd::Pending);
    assert_eq!(run.try_invoke(), None, "nothing has happened");
}

#[test]
fn a_pause_that_is_taken_back_in_time_leaves_nothing() {
    let mut run = Run::invoked();
    pause(&mut run);
    resume(&mut run);
    let applied = run.apply(&[wait("a", 60)]).unwrap();
    assert!(applied.token.is_some());
    run.end(InvocationEnd::Pending);
    assert_eq!(run.line(), "WaitStarted InvocationCompleted");
    assert_eq!(status(&run), ExecutionStatus::Running);
}

#[test]
fn an_invocation_that_ends_without_a_checkpoint_ends_as_it_says() {
    for (end, then) in [
        (
            InvocationEnd::Succeeded("1".into()),
            ExecutionStatus::Succeeded,
        ),
        (InvocationEnd::Failed(boom()), ExecutionStatus::Failed),
        (InvocationEnd::Pending, ExecutionStatus::Paused),
        (InvocationEnd::Errored(boom()), ExecutionStatus::Paused),
    ] {
        let mut run = Run::invoked();
        run.apply(&[wait("a", 60)]).unwrap();
        pause(&mut run);
        assert_eq!(run.end(end.clone()), then, "{end:?}");
        assert_eq!(run.try_invoke(), None);
    }
    let mut run = Run::invoked();
    pause(&mut run);
    let applied = run
        .apply(&[OperationUpdate::succeed(
            durable_runtime::wire::OperationType::Execution,
            "e1",
        )])
        .unwrap();
    assert_eq!(applied.token, None);
    assert_eq!(
        run.end(InvocationEnd::Succeeded(String::new())),
        ExecutionStatus::Succeeded
    );
}

#[test]
fn the_timeout_stands_still_only_when_asked_and_never_for_longer_than_a_year() {
    let timed = || {
        let mut run = Run::begun(NewExecution {
            timeout_seconds: Some(100),
            ..new_execution()
        });
        run.invoke();
        run.apply(&[start(Callback, "a")]).unwrap();
        run.end(InvocationEnd::Pending);
        run.pass(40);
        run
    };
    let at = |run: &Run, seconds: i64| {
        let start = run.execution.record().started.as_millis();
        Some(Timestamp::from_millis(start + seconds * 1_000))
    };

    let mut run = timed();
    pause(&mut run);
    assert_eq!(run.execution.next_due(), at(&run, 31_622_400));
    run.pass(1_000);
    assert_eq!(status(&run), ExecutionStatus::Paused);
    resume(&mut run);
    assert_eq!(run.execution.next_due(), at(&run, 1_100));
    run.pass(60);
    assert_eq!(status(&run), ExecutionStatus::TimedOut);

    // Until its invocation has come to a checkpoint it is not paused.
    let mut run = timed();
    run.commit_of(|it, now| {
        let id = callback_id(it);
        it.complete_callback(&id, Ok(None), now).unwrap()
    });
    run.invoke();
    pause(&mut run);
    assert_eq!(status(&run), ExecutionStatus::Pausing);
    assert_eq!(run.execution.next_due(), at(&run, 100));

    let mut run = timed();
    let ask = PauseRequest {
        timeout_paused: false,
        ..PauseRequest::default()
    };
    run.commit_of(|it, now| it.pause(ask, now).unwrap());
    run.pass(60);
    assert_eq!(status(&run), ExecutionStatus::TimedOut);
    assert_eq!(run.execution.record().pause, None);
}

#[test]
fn a_request_is_refused_where_it_makes_no_sense_and_repeated_by_its_token() {
    let marked = |token: &str| PauseRequest {
        client_token: Some(token.into()),
        ..PauseRequest::default()
    };
    let mut run = Run::suspended_after(&[wait("a", 10_000)]);
    let now = run.now;
    assert!(matches!(
        run.execution.resume(marked("r"), now),
        Err(PauseRefused::NotPaused { .. })
    ));
    run.commit_of(|it, now| it.pause(marked("p"), now).unwrap());
    let events = run.history.len();
    run.commit_of(|it, now| it.pause(marked("p"), now).unwrap());
    assert_eq!(run.history.len(), events, "the same request again");
    assert!(matches!(
        run.execution.pause(marked("other"), now),
        Err(PauseRefused::Paused { .. })
    ));
    run.commit_of(|it, now| it.resume(marked("r"), now).unwrap());
    run.commit_of(|it, now| it.resume(marked("r"), now).unwrap());
    run.commit_of(|it, now| it.pause(marked("p"), now).unwrap());
    assert_eq!(
        status(&run),
        ExecutionStatus::Running,
        "still the same request"
    );
    run.pass(901);
    run.commit_of(|it, now| it.pause(marked("p"), now).unwrap());
    assert_eq!(status(&run), ExecutionStatus::Paused);

    run.stop(None);
    let now = run.now;
    for refused in [
        run.execution.pause(marked("x"), now),
        run.execution.resume(marked("x"), now),
    ] {
        assert!(matches!(refused, Err(PauseRefused::Ended { .. })));
    }
}

#[test]
fn a_second_pause_within_one_invocation_takes_effect_at_its_end() {
    let mut run = Run::invoked();
    pause(&mut run);
    run.apply(&[wait("a", 60)]).unwrap();
    assert_eq!(status(&run), ExecutionStatus::Paused, "it is cut short");
    resume(&mut run);
    pause(&mut run);
    assert_eq!(status(&run), ExecutionStatus::Pausing, "it still runs");
    run.end(InvocationEnd::Pending);
    assert_eq!(status(&run), ExecutionStatus::Paused);
    assert_eq!(run.try_invoke(), None);
    resume(&mut run);
    run.invoke();
}

#[test]
fn an_invocation_that_fails_while_a_pause_is_due_is_followed_at_once_after_it() {
    let mut run = Run::invoked();
    pause(&mut run);
    run.end(InvocationEnd::Errored(boom()));
    assert_eq!(status(&run), ExecutionStatus::Paused);
    resume(&mut run);
    run.invoke();
}
