//! The AWS SDK for Rust drives whole executions, and plays the durable function itself.

mod refused;
mod seen;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{
    BehaviorVersion, Builder, Config, Credentials, Region, retry::RetryConfig,
};
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::checkpoint_durable_execution::CheckpointDurableExecutionOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::builders::OperationUpdateBuilder;
use aws_sdk_lambda::types::{
    CallbackOptions, ContextOptions, ErrorObject, ExecutionStatus, InvocationType, Operation,
    OperationAction, OperationStatus, OperationType, OperationUpdate, WaitOptions,
};
use durable_engine::server::{self, AccessKey};
use durable_runtime::wire::{self, InvocationInput, InvocationOutput};

use self::refused::{refusals, refused};
use self::seen::{afterwards, pages};
use crate::held::{Held, Invocation};

fn client(held: &Held) -> Client {
    Client::from_conf(config(held).allow_no_auth().build())
}

/// One that signs its requests.
fn signing_client(held: &Held, key: &AccessKey, session: Option<&str>) -> Client {
    let credentials = Credentials::new(
        key.id(),
        key.secret(),
        session.map(str::to_owned),
        None,
        "test",
    );
    Client::from_conf(config(held).credentials_provider(credentials).build())
}

fn config(held: &Held) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(format!("http://{}", held.address))
        .region(Region::new("xx-local-1"))
        .retry_config(RetryConfig::disabled())
}

fn update(id: &str, kind: OperationType, action: OperationAction) -> OperationUpdateBuilder {
    OperationUpdate::builder()
        .id(id)
        .r#type(kind)
        .action(action)
}

fn step(id: &str, action: OperationAction) -> OperationUpdateBuilder {
    update(id, OperationType::Step, action)
        .sub_type("Step")
        .name(format!("step {id}"))
}

fn context(id: &str, action: OperationAction) -> OperationUpdateBuilder {
    update(id, OperationType::Context, action).sub_type("RunInChildContext")
}

/// Checkpoints, and moves to the next token.
async fn checkpoint(
    client: &Client,
    input: &mut InvocationInput,
    updates: impl IntoIterator<Item = OperationUpdateBuilder>,
) -> Vec<Operation> {
    let updates = updates.into_iter().map(|update| update.build().unwrap());
    let answer: CheckpointDurableExecutionOutput = client
        .checkpoint_durable_execution()
        .durable_execution_arn(&input.durable_execution_arn)
        .checkpoint_token(&input.checkpoint_token)
        .set_updates(Some(updates.collect()))
        .send()
        .await
        .unwrap();
    input.checkpoint_token = answer.checkpoint_token().unwrap().to_owned();
    answer.new_execution_state().unwrap().operations().to_vec()
}

/// Starts an execution that the answer is waited for, and returns its first invocation.
async fn begin(
    held: &Held,
    client: &Client,
    name: &str,
) -> (Invocation, tokio::task::JoinHandle<String>) {
    let invoke = client
        .invoke()
        .function_name("orders:$LATEST")
        .durable_execution_name(name)
        .payload(Blob::new(r#"{"order":42}"#));
    let answer = tokio::spawn(async move {
        let answer = invoke.send().await.unwrap();
        assert_eq!(answer.status_code(), 200);
        let failed = answer.function_error().unwrap_or_default();
        let payload = answer.payload().unwrap().as_ref();
        format!("{failed}{}", String::from_utf8_lossy(payload))
    });
    (held.next().await, answer)
}

fn status(input: &InvocationInput, id: &str) -> wire::OperationStatus {
    let operations = &input.initial_execution_state.operations;
    operations.iter().find(|it| it.id == id).unwrap().status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_execution() {
    let held = Held::start().await;
    whole_execution(&held, &client(&held)).await;
}

/// Every path, query and body that the SDK signs is one that the server gives the same signature.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_execution_with_signed_requests() {
    let key = AccessKey::random();
    let credentials = server::Credentials::new().access_key(key.clone());
    let held = Held::start_with(|server| server.authenticate(credentials)).await;
    whole_execution(&held, &signing_client(&held, &key, None)).await;

    let session = signing_client(&held, &key, Some("a/session+token=="));
    let echo = session
        .invoke()
        .function_name("echo")
        .payload(Blob::new("1"));
    assert_eq!(echo.send().await.unwrap().payload().unwrap().as_ref(), b"1");

    let other = AccessKey::new(key.id(), AccessKey::random().secret()).unwrap();
    for (client, exception) in [
        (
            signing_client(&held, &other, None),
            "InvalidSignatureException",
        ),
        (
            signing_client(&held, &AccessKey::random(), None),
            "UnrecognizedClientException",
        ),
        (client(&held), "MissingAuthenticationTokenException"),
    ] {
        let refused = client.invoke().function_name("echo").send().await;
        assert_eq!(refused.unwrap_err().code(), Some(exception));
    }
}

async fn whole_execution(held: &Held, client: &Client) {
    use OperationAction::{Start, Succeed};

    let (mut first, answer) = begin(held, client, "whole").await;
    let input = &mut first.input;
    let arn = input.durable_execution_arn.clone();
    let used = input.checkpoint_token.clone();

    let charge = [
        step("charge", Start),
        step("charge", Succeed).payload("\"paid\""),
    ];
    let changed = checkpoint(client, input, charge).await;
    assert_eq!(changed[0].status(), &OperationStatus::Succeeded);
    assert_eq!(
        changed[0].step_details().unwrap().result(),
        Some("\"paid\"")
    );
    refusals(client, &arn, &used, &input.checkpoint_token).await;

    let child = |n: i32, action| step(&format!("closed-{n}"), action).parent_id("closed");
    checkpoint(
        client,
        input,
        [context("closed", Start), child(0, Start), child(1, Start)],
    )
    .await;
    checkpoint(client, input, [child(0, Succeed), child(1, Succeed)]).await;
    checkpoint(
        client,
        input,
        [context("closed", Succeed), context("kept", Start)],
    )
    .await;
    let kept = |action| step("kept-0", action).parent_id("kept");
    checkpoint(client, input, [kept(Start), kept(Succeed)]).await;
    let rebuilt = ContextOptions::builder().replay_children(true).build();
    let pause = WaitOptions::builder().wait_seconds(3600).build();
    let timeouts = CallbackOptions::builder()
        .timeout_seconds(60)
        .heartbeat_timeout_seconds(30);
    let opened = checkpoint(
        client,
        input,
        [
            context("kept", Succeed).context_options(rebuilt),
            update("approve", OperationType::Callback, Start).callback_options(timeouts.build()),
            update("pause", OperationType::Wait, Start).wait_options(pause),
        ],
    )
    .await;
    let approve = opened.iter().find(|it| it.id() == "approve").unwrap();
    let callback = approve.callback_details().unwrap().callback_id().unwrap();

    pages(client, &arn, &input.checkpoint_token).await;

    client
        .send_durable_execution_callback_heartbeat()
        .callback_id(callback)
        .send()
        .await
        .unwrap();
    let succeed = || {
        client
            .send_durable_execution_callback_success()
            .callback_id(callback)
    };
    succeed()
        .result(Blob::new(r#"{"by": "Ada" }"#))
        .send()
        .await
        .unwrap();
    refused!(succeed(), is_callback_timeout_exception, "`approve`");
    first.answer(&InvocationOutput::pending());

    // The callback, and then the wait, an hour of the engine's own time later, make invocations.
    let mut later = held.next().await;
    while status(&later.input, "pause") != wire::OperationStatus::Succeeded {
        assert_eq!(
            status(&later.input, "approve"),
            wire::OperationStatus::Succeeded
        );
        later.answer(&InvocationOutput::pending());
        later = held.next().await;
    }
    later.answer(&InvocationOutput::succeeded("\"shipped\""));
    assert_eq!(answer.await.unwrap(), "\"shipped\"");
    afterwards(client, &arn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_that_fail_and_are_stopped() {
    let held = Held::start().await;
    let client = &client(&held);
    let (mut failing, answer) = begin(&held, client, "fails").await;
    let arn = failing.input.durable_execution_arn.clone();
    let start = update("c", OperationType::Callback, OperationAction::Start);
    let opened = checkpoint(client, &mut failing.input, [start]).await;
    let id = opened[0].callback_details().unwrap().callback_id().unwrap();
    let error = ErrorObject::builder()
        .error_type("Declined")
        .error_message("no");
    let error = error
        .error_data("51")
        .stack_trace("a")
        .stack_trace("b")
        .build();
    let fail = client
        .send_durable_execution_callback_failure()
        .callback_id(id);
    fail.error(error.clone()).send().await.unwrap();
    let unknown = client
        .send_durable_execution_callback_failure()
        .callback_id("bm9ib2R5");
    refused!(unknown, is_resource_not_found_exception, "bm9ib2R5");
    let state = client
        .get_durable_execution_state()
        .durable_execution_arn(&arn);
    let state = state
        .checkpoint_token(&failing.input.checkpoint_token)
        .send()
        .await
        .unwrap();
    let callback = state.operations()[1].callback_details().unwrap();
    assert_eq!(callback.error(), Some(&error));
    failing.answer(&InvocationOutput::failed(wire::ErrorObject::new(
        "Declined", "no",
    )));
    let answer = answer.await.unwrap();
    assert!(
        answer.starts_with("Unhandled") && answer.contains("Declined"),
        "{answer}"
    );

    let started = client
        .invoke()
        .function_name("orders")
        .invocation_type(InvocationType::Event);
    let started = started
        .durable_execution_name("stops")
        .send()
        .await
        .unwrap();
    assert_eq!(started.status_code(), 202);
    let arn = started.durable_execution_arn().unwrap();
    let _running = held.next().await;
    let stop = || client.stop_durable_execution().durable_execution_arn(arn);
    let stopped = stop().error(error.clone()).send().await.unwrap();
    let again = stop().send().await.unwrap();
    assert_eq!(stopped.stop_timestamp(), again.stop_timestamp());
    let got = client
        .get_durable_execution()
        .durable_execution_arn(arn)
        .send()
        .await
        .unwrap();
    assert_eq!(got.status(), &ExecutionStatus::Stopped);
    assert_eq!(got.error(), Some(&error));
    let nobody = arn.replace("orders", "nobody");
    refused!(
        client
            .get_durable_execution()
            .durable_execution_arn(&nobody),
        is_resource_not_found_exception,
        &nobody
    );
    refused!(
        client
            .get_durable_execution_history()
            .durable_execution_arn("whole"),
        is_invalid_parameter_value_exception,
        "'DurableExecutionArn'",
        "pattern"
    );

    let dry = client
        .invoke()
        .function_name("orders")
        .invocation_type(InvocationType::DryRun);
    assert_eq!(dry.send().await.unwrap().status_code(), 204);
    let echo = client
        .invoke()
        .function_name("echo")
        .payload(Blob::new("[1]"));
    assert_eq!(
        echo.send().await.unwrap().payload().unwrap().as_ref(),
        b"[1]"
    );
}
