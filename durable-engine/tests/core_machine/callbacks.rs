//! What the outside completes.

use durable_engine::core::{CallbackRefused, InvocationEnd, InvokeEnd, callback_target};
use durable_runtime::wire::{ErrorObject, OperationStatus, OperationUpdate, limits};
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
fn no_other_id_is_taken_for_a_callbacks_own() {
    let mut run = Run::suspended_after(&[callback("a", 0, 0)]);
    let id = id_of(&run, "a").into_bytes();
    let now = run.now;
    let mut refused = |forged: Vec<u8>| {
        let forged = String::from_utf8(forged).unwrap();
        assert!(matches!(
            run.execution.heartbeat(&forged, now),
            Err(CallbackRefused::Unknown { .. })
        ));
    };
    // The proof is at the end: two of its signs exchanged, one changed, one missing.
    for at in id.len() - 24..id.len() - 1 {
        let mut swapped = id.clone();
        swapped.swap(at, at + 1);
        if swapped != id {
            refused(swapped);
        }
        let mut changed = id.clone();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        refused(changed);
    }
    refused(id[..id.len() - 4].to_vec());
}

#[test]
fn a_result_and_an_error_have_limits_of_their_own() {
    let mut run = Run::suspended_after(&[callback("a", 0, 0), callback("b", 0, 0)]);
    let (a, b) = (id_of(&run, "a"), id_of(&run, "b"));
    let largest = "x".repeat(limits::CALLBACK_RESULT_MAX);
    run.commit_of(|it, now| it.complete_callback(&a, Ok(Some(largest)), now).unwrap());
    let error = |size: usize| ErrorObject::new("Large", "x".repeat(size));
    let overhead = error(0).size();
    let now = run.now;
    let over = error(limits::ERROR_MAX - overhead + 1);
    assert!(matches!(
        run.execution.complete_callback(&b, Err(over), now),
        Err(CallbackRefused::TooLarge { .. })
    ));
    let largest = error(limits::ERROR_MAX - overhead);
    run.commit_of(|it, now| it.complete_callback(&b, Err(largest), now).unwrap());
    assert_eq!(run.status("b"), OperationStatus::Failed);
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
fn zero_seconds_are_no_timeout() {
    let mut update = start(Callback, "a");
    let options = update.callback_options.get_or_insert_default();
    options.timeout_seconds = Some(0);
    options.heartbeat_timeout_seconds = Some(0);
    let mut run = Run::suspended_after(&[update]);
    assert_eq!(run.execution.next_due(), None);
    run.pass(1);
    assert_eq!(run.status("a"), OperationStatus::Started);
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
    // In the same second it is the timeout, which no heartbeat would have put off.
    let mut run = Run::suspended_after(&[callback("a", 5, 5)]);
    run.pass(5);
    let error = &run.last_event()["CallbackTimedOutDetails"]["Error"]["Payload"];
    assert_eq!(error["ErrorType"], "Callback.Timeout");
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
