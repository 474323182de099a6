//! The life of each kind of operation, and the history it leaves.

use durable_engine::core::{Checkpoint, InvocationEnd, InvokeTarget};
use durable_runtime::wire::{OperationStatus, OperationUpdate, SubType};
use serde_json::json;

use crate::support::*;

#[test]
fn a_step_in_one_checkpoint_leaves_two_events_with_its_name_and_parent() {
    let mut run = Run::invoked();
    let named = |update: OperationUpdate| {
        update
            .with_name("charge")
            .with_parent("c")
            .with_sub_type(SubType::STEP)
    };
    run.apply(&[
        start(Context, "c"),
        named(start(Step, "a")),
        named(succeed(Step, "a")),
    ])
    .unwrap();
    assert_eq!(run.line(), "ContextStarted StepStarted StepSucceeded");
    assert_eq!(
        run.last_event(),
        json!({
            "EventId": 4, "EventTimestamp": 1_767_225_600.0, "EventType": "StepSucceeded",
            "Id": "a", "ParentId": "c", "Name": "charge", "SubType": "Step",
            "StepSucceededDetails": {
                "Result": {"Payload": "1", "Truncated": false},
                "RetryDetails": {"CurrentAttempt": 1},
            },
        })
    );
}

#[test]
fn a_completion_shows_the_name_its_start_gave_even_when_it_leaves_it_out() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a").with_name("charge").with_sub_type("Step")])
        .unwrap();
    run.apply(&[succeed(Step, "a")]).unwrap();
    assert_eq!(run.last_event()["Name"], "charge");
    assert_eq!(run.last_event()["SubType"], "Step");
}

#[test]
fn a_failed_attempt_waits_and_the_next_one_starts_again() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a")]).unwrap();
    let begun = run.operation("a").step_details.as_ref();
    assert_eq!(begun.map(|details| details.attempt), Some(0));
    run.apply(&[retry("a", 5)]).unwrap();
    let details = run.operation("a").step_details.clone().unwrap();
    assert_eq!(run.status("a"), OperationStatus::Pending);
    assert_eq!(details.attempt, 1, "attempts that have finished");
    assert_eq!(details.error, Some(boom()));
    assert_eq!(
        run.last_event()["StepFailedDetails"],
        json!({
            "Error": {"Payload": {"ErrorType": "Boom", "ErrorMessage": "it went boom"}, "Truncated": false},
            "RetryDetails": {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 5},
        })
    );

    run.end(InvocationEnd::Pending);
    run.pass(5);
    assert_eq!(run.status("a"), OperationStatus::Ready);
    run.invoke();
    run.apply(&[start(Step, "a")]).unwrap();
    assert_eq!(run.status("a"), OperationStatus::Started);
    run.apply(&[fail(Step, "a")]).unwrap();
    assert_eq!(run.operation("a").finished_attempts(), 2);
    assert_eq!(
        run.line(),
        "StepStarted StepFailed InvocationCompleted StepStarted StepFailed",
        "PENDING to READY is no event"
    );
    assert_eq!(
        run.last_event()["StepFailedDetails"]["RetryDetails"],
        json!({"CurrentAttempt": 2})
    );
}

#[test]
fn a_poll_keeps_its_state_and_is_no_failure() {
    let mut run = Run::invoked();
    run.apply(&[
        start(Step, "a"),
        OperationUpdate::retry_with_payload("a", "{\"n\":1}", 2),
    ])
    .unwrap();
    assert_eq!(
        run.operation("a").result(),
        Some("{\"n\":1}"),
        "the next attempt reads it"
    );
    assert_eq!(
        run.last_event()["StepSucceededDetails"],
        json!({
            "Result": {"Payload": "{\"n\":1}", "Truncated": false},
            "RetryDetails": {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 2},
        })
    );
    run.end(InvocationEnd::Pending);
    run.pass(2);
    assert_eq!(run.operation("a").result(), Some("{\"n\":1}"));
}

#[test]
fn a_ready_step_may_end_without_another_start() {
    let mut run = Run::suspended_after(&[start(Step, "a"), retry("a", 1)]);
    run.pass(1);
    run.invoke();
    run.apply(&[succeed(Step, "a")]).unwrap();
    assert_eq!(run.status("a"), OperationStatus::Succeeded);
}

#[test]
fn a_result_of_null_has_no_payload() {
    let mut run = Run::invoked();
    run.apply(&[start(Context, "c"), OperationUpdate::succeed(Context, "c")])
        .unwrap();
    assert_eq!(
        run.last_event()["ContextSucceededDetails"],
        json!({"Result": {"Truncated": false}})
    );
    assert_eq!(run.operation("c").result(), None);
}

#[test]
fn a_context_fails_with_its_error() {
    let mut run = Run::invoked();
    run.apply(&[start(Context, "c")]).unwrap();
    assert_eq!(run.last_event()["ContextStartedDetails"], json!({}));
    assert!(run.operation("c").context_details.is_some());
    run.apply(&[fail(Context, "c")]).unwrap();
    assert_eq!(run.operation("c").error(), Some(&boom()));
    assert_eq!(
        run.last_event()["ContextFailedDetails"]["Error"]["Payload"]["ErrorType"],
        "Boom"
    );
}

#[test]
fn a_wait_shows_its_length_at_both_ends() {
    let mut run = Run::invoked();
    run.apply(&[wait("w", 60).with_name("cool down")]).unwrap();
    assert_eq!(
        run.last_event()["WaitStartedDetails"],
        json!({"Duration": 60, "ScheduledEndTimestamp": 1_767_225_660.0})
    );
    run.end(InvocationEnd::Pending);
    run.pass(75);
    assert_eq!(run.status("w"), OperationStatus::Succeeded);
    let event = run.last_event();
    assert_eq!(
        event["WaitSucceededDetails"],
        json!({"Duration": 60}),
        "not the 75 it took"
    );
    assert_eq!(event["Name"], "cool down");
    assert_eq!(event["EventTimestamp"], 1_767_225_675.0);
}

#[test]
fn a_wait_that_is_given_up_never_ends_on_its_own() {
    let mut run = Run::invoked();
    run.apply(&[wait("w", 60)]).unwrap();
    run.apply(&[OperationUpdate::cancel(Wait, "w")]).unwrap();
    run.pass(61);
    assert_eq!(run.status("w"), OperationStatus::Cancelled);
    assert_eq!(run.line(), "WaitStarted WaitCancelled");
    assert_eq!(run.execution.next_due(), None);
}

#[test]
fn an_invoked_function_is_remembered_with_what_the_wire_leaves_out() {
    use durable_engine::core::ServiceDetails;
    let mut run = Run::invoked();
    let update = OperationUpdate::start_chained_invoke("i", "ship:1")
        .with_tenant("acme")
        .with_payload("[1]");
    let target = InvokeTarget {
        function: "ship".into(),
        executed_version: "1".into(),
        durable_execution_arn: Some("arn:target".into()),
    };
    let find = |update: &OperationUpdate| (update.id == "i").then(|| target.clone());
    let (token, updates) = (run.execution.record().token.clone().unwrap(), [update]);
    let call = Checkpoint::new(&token, "next".into(), &updates).targets(&find);
    run.apply_with(call).unwrap();
    let stored = run.execution.operation("i").unwrap();
    assert_eq!(
        stored.service,
        Some(ServiceDetails::ChainedInvoke {
            function_name: "ship:1".into(),
            tenant_id: Some("acme".into()),
            input: Some("[1]".into()),
            trace_header: None,
            target: Some(target),
        })
    );
    assert_eq!(
        run.last_event()["ChainedInvokeStartedDetails"],
        json!({
            "FunctionName": "ship:1", "TenantId": "acme", "Input": {"Payload": "[1]", "Truncated": false},
            "ExecutedVersion": "1", "DurableExecutionArn": "arn:target",
        })
    );
}

#[test]
fn an_invoked_function_that_is_given_up_is_told_as_stopped() {
    let mut run = Run::invoked();
    run.apply(&[OperationUpdate::start_chained_invoke("i", "ship")])
        .unwrap();
    run.apply(&[OperationUpdate::cancel(ChainedInvoke, "i")])
        .unwrap();
    assert_eq!(run.status("i"), OperationStatus::Cancelled);
    assert_eq!(run.operation("i").end_timestamp, Some(run.now));
    assert_eq!(run.line(), "ChainedInvokeStarted ChainedInvokeStopped");
    let error = &run.last_event()["ChainedInvokeStoppedDetails"]["Error"]["Payload"];
    assert_eq!(error["ErrorType"], "ChainedInvoke.Cancelled");
}
