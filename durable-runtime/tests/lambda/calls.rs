//! What is sent to the service, and how its answers are read.

use std::collections::HashSet;

use durable_runtime::lambda::{self, lambda_runtime};
use durable_runtime::prelude::*;
use durable_runtime::wire::{InvocationOutput, InvocationStatus};
use serde_json::json;
use serde_json::value::RawValue;

use crate::support::{
    ARN, Client, Stub, accepted, envelope, execution, invoke, refused, with_each_client,
};

with_each_client! {
    each_call_carries_the_token_of_the_last_answer_and_a_client_token_of_its_own,
    a_call_that_the_client_repeats_keeps_its_client_token,
    an_answer_without_a_token_ends_the_invocation_in_order,
    an_empty_first_page_is_followed_by_those_that_the_marker_leads_to,
    the_pages_of_a_checkpoints_answer_are_read_with_its_token,
    a_workflow_that_waits_answers_pending,
    a_result_too_large_for_the_answer_is_checkpointed,
    an_event_that_is_no_durable_invocation_is_an_error_of_the_invocation,
    an_execution_without_its_first_operation_is_an_error_of_the_invocation,
    state_comes_from_the_host_and_its_absence_is_no_failure_of_the_execution,
    it_is_a_service_for_the_runtime_crate,
    a_restart_invokes_the_same_version_under_a_name_of_its_own,
    a_successor_that_can_not_be_started_now_is_started_by_the_next_invocation,
}

#[step]
async fn double(number: u64) -> u64 {
    number * 2
}

#[step]
async fn increase(number: u64) -> u64 {
    number + 1
}

#[durable_workflow]
async fn calculate(number: u64) -> u64 {
    let doubled = double(number).await;
    increase(doubled).await
}

#[durable_workflow]
async fn rest(number: u64) -> u64 {
    sleep(Duration::from_hours(1)).await;
    number
}

#[durable_workflow]
async fn priced(count: u64, #[state] cents: u64) -> u64 {
    count * cents
}

/// The id of an operation in the root scope.
fn id_of(site_path: &str) -> String {
    durable_runtime::site_id(site_path)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn succeeded(result: &str) -> InvocationOutput {
    InvocationOutput::succeeded(result)
}

async fn each_call_carries_the_token_of_the_last_answer_and_a_client_token_of_its_own(
    client: Client,
) {
    let stub = Stub::answering([accepted("token-a"), accepted("token-b")]);
    let service = stub.host(client, lambda::host(calculate)).await;

    let output = invoke(&service, envelope("20")).await;

    assert_eq!(output, Ok(succeeded("41")));
    let calls = stub.calls();
    let tokens: Vec<_> = calls
        .iter()
        .map(|call| call.body["CheckpointToken"].as_str().unwrap())
        .collect();
    assert_eq!(tokens, ["token-0", "token-a"]);
    let client_tokens: HashSet<_> = calls
        .iter()
        .map(|call| call.body["ClientToken"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(client_tokens.len(), 2, "{client_tokens:?}");
    assert!(calls.iter().all(|call| call.method == "POST"));
    assert!(
        calls[0].path.ends_with("/checkpoint")
            && calls[0]
                .path
                .starts_with("/2025-12-01/durable-executions/arn"),
        "{}",
        calls[0].path
    );
    let signature = calls[0].headers["authorization"].to_str().unwrap();
    assert!(signature.contains("Credential=AKID/"), "{signature}");
    assert_eq!(
        calls[0].body["Updates"][1],
        json!({"Id": calls[0].body["Updates"][0]["Id"], "Name": "double", "Type": "STEP", "SubType": "Step",
            "Action": "SUCCEED", "Payload": "40"})
    );
}

async fn a_call_that_the_client_repeats_keeps_its_client_token(client: Client) {
    let stub = Stub::answering([refused(500, "ServiceException", "try again")]);
    let service = stub.host(client, lambda::host(calculate)).await;

    let output = invoke(&service, envelope("20")).await;

    assert_eq!(output, Ok(succeeded("41")));
    let calls = stub.calls();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0].body, calls[1].body);
    assert_ne!(calls[1].body["ClientToken"], calls[2].body["ClientToken"]);
}

async fn an_answer_without_a_token_ends_the_invocation_in_order(client: Client) {
    let stub = Stub::answering([(200, json!({"NewExecutionState": {}}))]);
    let service = stub.host(client, lambda::host(calculate)).await;

    let output = invoke(&service, envelope("20")).await.unwrap();

    assert_eq!(output.status, InvocationStatus::Pending);
    assert_eq!(stub.calls().len(), 1);
}

async fn an_empty_first_page_is_followed_by_those_that_the_marker_leads_to(client: Client) {
    let recorded = json!({"Id": id_of("calculate/double"), "Type": "STEP", "SubType": "Step",
        "Name": "double", "Status": "SUCCEEDED", "StartTimestamp": 1_767_225_601.5, "EndTimestamp": 1_767_225_602,
        "StepDetails": {"Attempt": 1, "Result": "100"}});
    let stub = Stub::answering([
        (
            200,
            json!({"Operations": [execution("20")], "NextMarker": "second page"}),
        ),
        (200, json!({"Operations": [recorded], "NextMarker": ""})),
    ]);
    let service = stub.host(client, lambda::host(calculate)).await;
    let event = json!({"DurableExecutionArn": ARN, "CheckpointToken": "token-0",
        "InitialExecutionState": {"Operations": [], "NextMarker": "first page"}});

    let output = invoke(&service, event).await;

    assert_eq!(output, Ok(succeeded("101")));
    let calls = stub.calls();
    assert_eq!(calls.len(), 3);
    for (call, marker) in calls.iter().zip(["first%20page", "second%20page"]) {
        assert_eq!(call.method, "GET");
        assert!(call.path.ends_with("/state"), "{}", call.path);
        for part in [
            "CheckpointToken=token-0",
            "MaxItems=1000",
            &format!("Marker={marker}"),
        ] {
            assert!(call.query.contains(part), "{} in {}", part, call.query);
        }
    }
}

async fn the_pages_of_a_checkpoints_answer_are_read_with_its_token(client: Client) {
    // Only the second page says that the wait is over already.
    let id = id_of("rest/sleep");
    let over = json!({"Id": id, "Type": "WAIT", "SubType": "Wait", "Status": "SUCCEEDED", "StartTimestamp": 1,
        "EndTimestamp": 2, "WaitDetails": {"ScheduledEndTimestamp": 2.5}});
    let stub = Stub::answering([
        (
            200,
            json!({"CheckpointToken": "token-a", "NewExecutionState": {"Operations": [], "NextMarker": "more"}}),
        ),
        (200, json!({"Operations": [over]})),
    ]);
    let service = stub.host(client, lambda::host(rest)).await;

    let output = invoke(&service, envelope("7")).await;

    assert_eq!(output, Ok(succeeded("7")));
    let calls = stub.calls();
    assert!(calls[1].query.contains("CheckpointToken=token-a"));
    assert!(calls[1].query.contains("Marker=more"));
}

async fn a_workflow_that_waits_answers_pending(client: Client) {
    let stub = Stub::default();
    let service = stub.host(client, lambda::host(rest)).await;

    let output = invoke(&service, envelope("7")).await;

    assert_eq!(output, Ok(InvocationOutput::pending()));
    let calls = stub.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].body["Updates"][0]["WaitOptions"]["WaitSeconds"],
        3600
    );
}

async fn a_result_too_large_for_the_answer_is_checkpointed(client: Client) {
    #[durable_workflow]
    async fn verbose(length: usize) -> String {
        "x".repeat(length)
    }
    let stub = Stub::default();
    let service = stub.host(client, lambda::host(verbose)).await;

    let output = invoke(&service, envelope("6291430")).await;

    assert_eq!(output, Ok(succeeded("")));
    let update = &stub.calls()[0].body["Updates"][0];
    assert_eq!(
        (&update["Type"], &update["Action"], &update["Id"]),
        (
            &json!("EXECUTION"),
            &json!("SUCCEED"),
            &json!("0190a1b2-exec")
        )
    );
    assert_eq!(update["Payload"].as_str().unwrap().len(), 6_291_432);
}

async fn an_event_that_is_no_durable_invocation_is_an_error_of_the_invocation(client: Client) {
    let service = Stub::default().host(client, lambda::host(calculate)).await;

    let failure = invoke(&service, json!({"order": 7})).await.unwrap_err();

    assert_eq!(failure.error_type, "NotADurableInvocation");
    assert!(failure.message.contains("DurableConfig"), "{failure}");
}

async fn an_execution_without_its_first_operation_is_an_error_of_the_invocation(client: Client) {
    let service = Stub::default().host(client, lambda::host(calculate)).await;
    let event = json!({"DurableExecutionArn": ARN, "CheckpointToken": "token-0"});

    let failure = invoke(&service, event).await.unwrap_err();

    assert_eq!(failure.error_type, "NoInput");
}

async fn state_comes_from_the_host_and_its_absence_is_no_failure_of_the_execution(client: Client) {
    let stub = Stub::default();
    let service = stub.host(client, lambda::host(priced).state(250_u64)).await;
    assert_eq!(invoke(&service, envelope("3")).await, Ok(succeeded("750")));

    let without = stub.host(client, lambda::host(priced)).await;
    let failure = invoke(&without, envelope("3")).await.unwrap_err();
    assert_eq!(failure.error_type, "MissingState");
}

async fn it_is_a_service_for_the_runtime_crate(client: Client) {
    use lambda_runtime::tower::ServiceExt;

    let service = Stub::default().host(client, lambda::host(calculate)).await;
    let event = RawValue::from_string(envelope("1").to_string()).unwrap();
    let event = lambda_runtime::LambdaEvent::new(event, lambda_runtime::Context::default());

    assert_eq!(service.oneshot(event).await, Ok(succeeded("3")));
}

#[durable_workflow]
async fn count(from: u64) -> u64 {
    return restart(from + 1).await;
}

async fn a_restart_invokes_the_same_version_under_a_name_of_its_own(client: Client) {
    for answer in [
        (202, json!({})),
        refused(
            409,
            "DurableExecutionAlreadyStartedException",
            "there is one of that name",
        ),
    ] {
        let stub = Stub::answering([answer]);
        let service = stub.host(client, lambda::host(count)).await;

        let output = invoke(&service, envelope("7")).await.unwrap();

        assert_eq!(output.status, InvocationStatus::Succeeded);
        let call = &stub.calls()[0];
        let path = percent_decoded(&call.path);
        assert_eq!(
            path,
            "/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:orders:1/invocations"
        );
        assert_eq!(call.headers["x-amz-invocation-type"], "Event");
        let name = call.headers["x-amz-durable-execution-name"]
            .to_str()
            .unwrap();
        assert!(name.starts_with("order-42-r2-"), "{name}");
        assert!(output.result.unwrap().contains(name));
        assert_eq!(call.body, 8);
    }
}

async fn a_successor_that_can_not_be_started_now_is_started_by_the_next_invocation(client: Client) {
    let busy = || {
        refused(
            409,
            "ResourceConflictException",
            "the function is being updated",
        )
    };
    let service = Stub::answering([busy(), busy()])
        .host(client, lambda::host(count))
        .await;
    let failure = invoke(&service, envelope("7")).await.unwrap_err();
    assert_eq!(failure.error_type, "CheckpointUnavailable");

    let service = Stub::answering([refused(403, "AccessDeniedException", "no")])
        .host(client, lambda::host(count))
        .await;
    let error = invoke(&service, envelope("7"))
        .await
        .unwrap()
        .error
        .unwrap();
    let message = error.error_message.unwrap();
    assert!(
        message.contains("needs `lambda:InvokeFunction`"),
        "{message}"
    );
}

fn percent_decoded(path: &str) -> String {
    path.replace("%3A", ":")
}
