//! What others complete, in every state that the service can record it in: callbacks and invoked functions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::Arc;

use common::{Service, first_input, input_with, invocation};
use durable_runtime::Workflow;
use durable_runtime::host::{InvocationError, Outcome};
use durable_runtime::prelude::*;
use durable_runtime::wire::{
    ChainedInvokeDetails, ErrorObject, Operation, OperationStatus, OperationType,
};

#[durable_workflow]
async fn answer() -> Result<String> {
    let callback = create_callback::<Option<u32>>().named("question").await?;
    let answer = match callback.result().await {
        Ok(number) => format!("{number:?}"),
        Err(CallbackError::TimedOut) => "timed out".to_owned(),
        Err(CallbackError::HeartbeatTimedOut) => "silent".to_owned(),
        Err(CallbackError::Failed(error)) => format!("failed: {error} {:?}", error.stack_trace),
        Err(other) => format!("other: {other}"),
    };
    Ok(format!("{} {answer}", callback.id()))
}

#[durable_workflow]
async fn ask() -> Result<String> {
    Ok(match invoke::<Option<u32>>("other:1", "input").await {
        Ok(number) => format!("{number:?}"),
        Err(InvokeError::Failed(error)) => format!("failed: {error} {:?}", error.stack_trace),
        Err(InvokeError::TimedOut(error)) => format!("timed out: {error}"),
        Err(InvokeError::Stopped(error)) => format!("stopped: {error}"),
        Err(other) => format!("other: {other}"),
    })
}

/// How the outside ended something.
#[derive(Clone)]
struct End(OperationStatus, Option<&'static str>, Option<ErrorObject>);

fn opened(operation: &mut Operation) {
    if operation.operation_type == OperationType::Callback {
        operation
            .callback_details
            .get_or_insert_default()
            .callback_id = Some("id-1".to_owned());
    }
}

fn ended(operation: &mut Operation, end: &End) {
    let End(status, result, error) = end.clone();
    operation.status = status;
    let result = result.map(str::to_owned);
    if operation.operation_type == OperationType::Callback {
        let details = operation.callback_details.get_or_insert_default();
        (details.result, details.error) = (result, error);
    } else {
        operation.chained_invoke_details = Some(Box::new(ChainedInvokeDetails { result, error }));
    }
}

fn text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Succeeded(json) => serde_json::from_str(&json).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// What the workflow makes of the end: when it comes with the answer to the START, when it wakes the parked workflow up, and on replay.
async fn seen<W: Workflow>(end: End) -> String {
    let service = Arc::new(Service::default());
    let at_once = end.clone();
    service.on_open(move |operation| {
        opened(operation);
        ended(operation, &at_once);
    });
    let first = text(invocation::<W>(&service, first_input()).run().await);
    assert_eq!(service.sent().len(), 1, "one call, and no suspension");

    let service = Arc::new(Service::default());
    service.on_open(opened);
    let mut parked = invocation::<W>(&service, first_input());
    assert!(matches!(parked.run().await, Outcome::Pending));
    let mut operation = service.operation(0);
    ended(&mut operation, &end);
    parked.resume("token-1".to_owned(), vec![operation.clone()]);
    assert_eq!(text(parked.run().await), first);

    let service = Arc::new(Service::default());
    let mut replayed = invocation::<W>(&service, input_with(&[operation]));
    assert_eq!(text(replayed.run().await), first);
    assert!(service.sent().is_empty(), "a replay sends nothing");
    first
}

fn error() -> Option<ErrorObject> {
    Some(ErrorObject::new("Rejected", "not approved").with_stack_trace(["at desk"]))
}

#[tokio::test]
async fn a_callback_in_every_state() {
    let heartbeat = Some(ErrorObject::new("Callback.Heartbeat", "silence"));
    let timeout = Some(ErrorObject::new("Callback.Timeout", "late"));
    for (end, expected) in [
        (End(OperationStatus::Succeeded, Some("7"), None), "Some(7)"),
        (End(OperationStatus::Succeeded, Some("null"), None), "None"),
        (End(OperationStatus::Succeeded, None, None), "None"),
        (
            End(OperationStatus::Succeeded, Some(r#""seven""#), None),
            "other: what callback `question` was completed with can't be read: it does not decode as `Option<u32>`: invalid type: string \"seven\", expected u32 at line 1 column 7",
        ),
        (End(OperationStatus::TimedOut, None, timeout), "timed out"),
        (End(OperationStatus::TimedOut, None, heartbeat), "silent"),
        (End(OperationStatus::TimedOut, None, None), "timed out"),
        (
            End(OperationStatus::Failed, None, error()),
            r#"failed: Rejected: not approved ["at desk", "in callback `question`"]"#,
        ),
        (
            End(OperationStatus::Failed, None, None),
            "failed: Callback.Failed: the callback was closed (FAILED), and nothing was said about why [\"in callback `question`\"]",
        ),
        (
            End(OperationStatus::Cancelled, None, None),
            "failed: Callback.Closed: the callback was closed (CANCELLED), and nothing was said about why [\"in callback `question`\"]",
        ),
        (
            End(OperationStatus::Stopped, None, error()),
            r#"failed: Rejected: not approved ["at desk", "in callback `question`"]"#,
        ),
    ] {
        assert_eq!(seen::<answer>(end).await, format!("id-1 {expected}"));
    }
}

#[tokio::test]
async fn an_invoked_function_in_every_state() {
    for (end, expected) in [
        (End(OperationStatus::Succeeded, Some("7"), None), "Some(7)"),
        (End(OperationStatus::Succeeded, None, None), "None"),
        (
            End(OperationStatus::Succeeded, Some("{"), None),
            "other: what invoke `invoke` returned can't be read: it does not decode as `Option<u32>`: invalid type: map, expected u32 at line 1 column 0",
        ),
        (
            End(OperationStatus::Failed, None, error()),
            r#"failed: Rejected: not approved ["at desk", "in invoke `invoke`"]"#,
        ),
        (
            End(OperationStatus::TimedOut, None, error()),
            "timed out: Rejected: not approved",
        ),
        (
            End(OperationStatus::Stopped, None, None),
            "stopped: Invoke.Failed: the invoked function ended (STOPPED), and nothing was said about why",
        ),
        (
            End(OperationStatus::Cancelled, None, error()),
            "stopped: Rejected: not approved",
        ),
    ] {
        assert_eq!(seen::<ask>(end).await, expected);
    }
}

#[tokio::test]
async fn an_answer_without_a_callback_id_breaks_the_invocation_off() {
    let service = Arc::new(Service::default());
    let outcome = invocation::<answer>(&service, first_input()).run().await;
    let Outcome::Errored(InvocationError::Backend(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(error.to_string().contains("no callback id"), "{error}");
}

#[durable_workflow]
async fn full() -> Result<()> {
    invoke::<()>("other", &())
        .tenant("ann")
        .trace_header("Root=1")
        .label("with all")
        .keyed(7)
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_invoke_sends_what_it_was_told() {
    let service = Arc::new(Service::default());
    let outcome = invocation::<full>(&service, first_input()).run().await;
    assert!(matches!(outcome, Outcome::Pending));
    let calls = service.calls.lock().unwrap();
    let mut sent = serde_json::to_value(&calls[0][0]).unwrap();
    sent.as_object_mut().unwrap().remove("Id");
    let expected = serde_json::json!({
        "Name": "with all", "Type": "CHAINED_INVOKE", "SubType": "ChainedInvoke", "Action": "START", "Payload": "null",
        "ChainedInvokeOptions": { "FunctionName": "other", "TenantId": "ann", "XAmznTraceId": "Root=1" }
    });
    assert_eq!(sent, expected);
}

#[durable_workflow]
async fn unsendable(which: u32) -> Result<()> {
    let maps = std::collections::HashMap::from([(vec![1], 1)]);
    match which {
        0 => invoke::<()>("", &()).await?,
        1 => invoke::<()>("f".repeat(257), &()).await?,
        2 => invoke::<()>("other", &"x".repeat(1 << 20)).await?,
        3 => invoke::<()>("other", &()).tenant("").await?,
        _ => invoke::<()>("other", &maps).await?,
    }
    Ok(())
}

#[tokio::test]
async fn an_invoke_that_the_service_would_refuse_fails_before_it_is_sent() {
    for (which, reason) in [
        ("0", "the function's name has 0 bytes"),
        ("1", "the function's name has 257 bytes"),
        ("2", "its input has 1048578 bytes"),
        ("3", "the tenant's id has 0 bytes"),
        ("4", "can't be written as JSON"),
    ] {
        let service = Arc::new(Service::default());
        let mut input = first_input();
        let execution = &mut input.initial_execution_state.operations[0];
        execution.execution_details.as_mut().unwrap().input_payload = Some(which.to_owned());
        let Outcome::Failed(error) = invocation::<unsendable>(&service, input).run().await else {
            panic!("{which}");
        };
        assert!(error.to_string().contains(reason), "{error}");
        assert!(service.sent().is_empty());
    }
}
