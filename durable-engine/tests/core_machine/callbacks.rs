//! What the outside completes.

use durable_engine::core::{CallbackRefused, InvocationEnd, InvokeEnd, callback_target};
use durable_runtime::wire::{OperationStatus, OperationUpdate, limits};
use serde_json::json;

use crate::support::*;

fn callback(id: &str, timeout: u32, heartbeat: u32) -> OperationUpdate {
    start(Callback, id)
        .with_sub_type("Callback")
        .with_callback_timeouts(timeout, heartbeat)
}

fn id_of(run: &Run, operation: &str) -> String {
    run.operation(operation)
        .callback_details
        .clone()
        .unwrap()
        .callback_id
        .unwrap()
}

#[test]
fn a_callback_has_an_id_that_is_its_own_and_legal() {
    let mut run = Run::invoked();
    let applied = run
        .apply(&[callback("a", 60, 10), callback("b", 0, 0)])
        .unwrap();
    let (a, b) = (id_of(&run, "a"), id_of(&run, "b"));
    assert_eq!(
        applied.operations[0]
            .callback_details
            .clone()
            .unwrap()
            .callback_id,
        Some(a.clone())
    );
    assert_ne!(a, b);
    assert!(a.len() <= limits::CALLBACK_ID_MAX);
    assert!(
        a.trim_end_matches('=')
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"+/".contains(&it))
    );
    assert_eq!(callback_target(&a), Some((ARN.to_owned(), "a".to_owned())));
    let started =
        |n: usize| serde_json::to_value(&run.history[n]).unwrap()["CallbackStartedDetails"].clone();
    assert_eq!(
        started(1),
        json!({"CallbackId": a, "Timeout": 60, "HeartbeatTimeout": 10})
    );
    assert_eq!(
        started(2),
        json!({"CallbackId": b}),
        "what is off is not shown"
    );
}

#[test]
fn a_result_is_kept_byte_for_byte_and_wakes_the_execution() {
    let mut run = Run::suspended_after(&[callback("a", 0, 0)]);
    let id = id_of(&run, "a");
    let result = r#"{"status": "approved"}"#;
    run.commit_of(|it, now| {
        it.complete_callback(&id, Ok(Some(result.into())), now)
            .unwrap()
    });
    assert_eq!(
        run.last_event()["CallbackSucceededDetails"]["Result"]["Payload"],
        result
    );
    assert_eq!(ids(&run.invoke().changed), ["a"]);
    assert_eq!(run.operation("a").result(), Some(result));
}

#[test]
fn an_error_is_kept_as_sent() {
    let mut run = Run::suspended_after(&[callback("a", 5, 0)]);
    let id = id_of(&run, "a");
    run.commit_of(|it, now| it.complete_callback(&id, Err(boom()), now).unwrap());
    assert_eq!(
        (run.status("a"), run.operation("a").error()),
        (OperationStatus::Failed, Some(&boom()))
    );
    run.pass(60);
    assert_eq!(
        run.line(),
        "CallbackStarted InvocationCompleted CallbackFailed",
        "no timeout after that"
    );
}

#[test]
fn the_first_result_stands() {
    let mut run = Run::suspended_after(&[callback("a", 0, 0), callback("b", 0, 0)]);
    let (a, b) = (id_of(&run, "a"), id_of(&run, "b"));
    run.commit_of(|it, now| it.complete_callback(&a, Ok(None), now).unwrap());
    let now = run.now;
    let again = run.execution.complete_callback(&a, Ok(None), now);
    assert!(matches!(again, Err(CallbackRefused::Closed { .. })));
    let forged = run
        .execution
        .complete_callback(&a.replacen('Y', "Z", 1), Ok(None), now);
    assert!(matches!(forged, Err(CallbackRefused::Unknown { .. })));
    let large = Ok(Some("x".repeat(limits::CALLBACK_RESULT_MAX + 1)));
    assert!(matches!(
        run.execution.complete_callback(&b, large, now),
        Err(CallbackRefused::TooLarge { .. })
    ));
    run.stop(None);
    assert!(matches!(
        run.execution.complete_callback(&b, Ok(None), now),
        Err(CallbackRefused::Ended { .. })
    ));
}

#[test]
fn a_callback_times_out() {
    let mut run = Run::suspended_after(&[callback("a", 5, 0)]);
    run.pass(5);
    assert_eq!(run.status("a"), OperationStatus::TimedOut);
    let error = &run.last_event()["CallbackTimedOutDetails"]["Error"]["Payload"];
    assert_eq!(error["ErrorType"], "Callback.Timeout");
    assert_eq!(ids(&run.invoke().changed), ["a"]);
}

#[test]
fn a_heartbeat_keeps_it_alive_without_an_event() {
    let mut run = Run::suspended_after(&[callback("a", 12, 5)]);
    let id = id_of(&run, "a");
    for _ in 0..2 {
        run.pass(4);
        run.commit_of(|it, now| it.heartbeat(&id, now).unwrap());
        assert_eq!(
            (run.status("a"), run.execution.invoke_at()),
            (OperationStatus::Started, None)
        );
    }
    run.restart();
    run.pass(3);
    assert_eq!(run.status("a"), OperationStatus::Started);
    run.pass(1);
    let error = &run.last_event()["CallbackTimedOutDetails"]["Error"]["Payload"];
    assert_eq!(
        error["ErrorType"], "Callback.Timeout",
        "however often it beats"
    );
}

#[test]
fn a_missing_heartbeat_is_an_error_of_its_own() {
    let mut run = Run::suspended_after(&[callback("a", 60, 5)]);
    run.pass(5);
    let error = &run.last_event()["CallbackTimedOutDetails"]["Error"]["Payload"];
    assert_eq!(error["ErrorType"], "Callback.Heartbeat");
}

#[test]
fn an_invoked_function_ends_once_however_it_ends() {
    for (end, status, event) in [
        (
            InvokeEnd::Succeeded(Some("1".into())),
            OperationStatus::Succeeded,
            "ChainedInvokeSucceeded",
        ),
        (
            InvokeEnd::Failed(boom()),
            OperationStatus::Failed,
            "ChainedInvokeFailed",
        ),
        (
            InvokeEnd::TimedOut(boom()),
            OperationStatus::TimedOut,
            "ChainedInvokeTimedOut",
        ),
        (
            InvokeEnd::Stopped(boom()),
            OperationStatus::Stopped,
            "ChainedInvokeStopped",
        ),
    ] {
        let mut run = Run::suspended_after(&[OperationUpdate::start_chained_invoke("i", "ship")]);
        run.commit_of(|it, now| it.complete_invoke("i", end.clone(), now).unwrap());
        assert_eq!(
            (run.status("i"), run.last_event()["EventType"].as_str()),
            (status, Some(event))
        );
        assert_eq!(run.execution.complete_invoke("i", end, run.now), None);
        assert_eq!(ids(&run.invoke().changed), ["i"]);
        run.end(InvocationEnd::Succeeded("1".into()));
    }
}
