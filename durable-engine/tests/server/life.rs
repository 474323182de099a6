//! Every operation, answered as the model says.

use durable_runtime::wire::InvocationOutput;
use serde_json::json;

use crate::held::{Held, callback, execution};
use crate::http::{Answer, Request};
use crate::model::{assert_answered, method};

async fn call(held: &Held, operation: &str, path: &str, body: &str) -> Answer {
    let request = Request::new(method(operation), path).body(body);
    let answer = request.send(held.address).await;
    assert_answered(operation, &answer);
    answer
}

#[tokio::test]
async fn every_answer_is_as_the_model_says() {
    let held = Held::start().await;
    let mut invocation = held.invocation().await;
    let input = &mut invocation.input;
    let arn = input.durable_execution_arn.clone();
    let path = execution(&arn);
    let error = json!({"ErrorType": "Boom", "ErrorMessage": "it went boom", "StackTrace": ["a"]});
    let started = |id: &str, kind: &str| json!({"Id": id, "Type": kind, "Action": "START"});
    let wait =
        json!({"Id": "w", "Type": "WAIT", "Action": "START", "WaitOptions": {"WaitSeconds": 1}});
    let timeouts = json!({"TimeoutSeconds": 60, "HeartbeatTimeoutSeconds": 30});
    let open =
        json!({"Id": "k1", "Type": "CALLBACK", "Action": "START", "CallbackOptions": timeouts});
    let opened = held
        .checkpoint(input, json!([
            started("s", "STEP"),
            {"Id": "s", "Type": "STEP", "Action": "FAIL", "Error": error},
            started("r", "STEP"),
            {"Id": "r", "Type": "STEP", "Action": "RETRY", "Payload": "1", "StepOptions": {"NextAttemptDelaySeconds": 9}},
            started("c", "CONTEXT"),
            {"Id": "c", "Type": "CONTEXT", "Action": "FAIL", "Error": error},
            wait, open, started("k2", "CALLBACK"),
            {"Id": "i", "Type": "CHAINED_INVOKE", "Action": "START", "ChainedInvokeOptions": {"FunctionName": "echo"}, "Payload": "1"},
        ]))
        .await;
    let id = |of: &str| {
        let found = opened.as_array().unwrap().iter().find(|it| it["Id"] == of);
        let id = found.unwrap()["CallbackDetails"]["CallbackId"].as_str();
        callback(id.unwrap())
    };
    let (first, second) = (id("k1"), id("k2"));
    call(
        &held,
        "SendDurableExecutionCallbackHeartbeat",
        &format!("{first}/heartbeat"),
        "",
    )
    .await;
    call(
        &held,
        "SendDurableExecutionCallbackSuccess",
        &format!("{first}/succeed"),
        "",
    )
    .await;
    call(
        &held,
        "SendDurableExecutionCallbackFailure",
        &format!("{second}/fail"),
        &error.to_string(),
    )
    .await;
    held.seen(input).await;
    held.checkpoint(
        input,
        json!([{"Id": "w", "Type": "WAIT", "Action": "CANCEL"}]),
    )
    .await;
    invocation.answer(&InvocationOutput::pending());

    let stopped = call(
        &held,
        "StopDurableExecution",
        &format!("{path}/stop"),
        &error.to_string(),
    )
    .await;
    let again = call(&held, "StopDurableExecution", &format!("{path}/stop"), "{}").await;
    assert_eq!(stopped.json(), again.json());
    let got = held.get("GetDurableExecution", &path).await.json();
    assert_eq!((&got["Status"], &got["Error"]), (&json!("STOPPED"), &error));
    assert_eq!(got["EndTimestamp"], stopped.json()["StopTimestamp"]);
    let bare = held
        .get(
            "GetDurableExecution",
            &format!("{path}?IncludeExecutionData=false"),
        )
        .await
        .json();
    assert_eq!((bare.get("Error"), bare.get("InputPayload")), (None, None));
    for query in [
        "",
        "?IncludeExecutionData=false",
        "?ReverseOrder=true&MaxItems=3",
    ] {
        let history = held
            .get(
                "GetDurableExecutionHistory",
                &format!("{path}/history{query}"),
            )
            .await
            .json();
        assert_eq!(
            history.get("NextMarker").is_some(),
            query.contains("MaxItems")
        );
    }
    let list =
        "/2025-12-01/functions/orders%3A%24LATEST/durable-executions?Statuses=STOPPED&MaxItems=1";
    let list = held
        .get("ListDurableExecutionsByFunction", list)
        .await
        .json();
    assert_eq!(list["DurableExecutions"][0]["DurableExecutionArn"], arn);
}

#[tokio::test]
async fn an_invocation_says_in_headers_what_it_was() {
    let held = Held::start().await;
    let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Axx-local-1%3A000000000000%3Afunction%3Aecho%3A7/invocations";
    let answer = Request::new("POST", path)
        .body("[1, 2]")
        .send(held.address)
        .await;
    assert_eq!((answer.status, &*answer.body), (200, &b"[1, 2]"[..]));
    assert_eq!(answer.header("x-amz-executed-version"), Some("7"));
    assert_eq!(answer.header("x-amz-function-error"), None);
    assert_eq!(answer.header("x-amz-durable-execution-arn"), None);

    let dry = Request::new("POST", path).header("X-Amz-Invocation-Type", "DryRun");
    let answer = dry.send(held.address).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));

    let address = held.address;
    let failing = Request::new("POST", "/2015-03-31/functions/orders/invocations");
    let failing = tokio::spawn(async move { failing.send(address).await });
    let invocation = held.next().await;
    let arn = invocation.input.durable_execution_arn.clone();
    let error = durable_runtime::wire::ErrorObject::new("Boom", "it went boom");
    invocation.answer(&InvocationOutput::failed(error));
    let answer = failing.await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-amz-function-error"), Some("Unhandled"));
    assert_eq!(answer.header("x-amz-durable-execution-arn"), Some(&*arn));
    assert_eq!(answer.json()["errorMessage"], "it went boom");
}
