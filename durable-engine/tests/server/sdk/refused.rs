//! Calls that are refused, with the SDK's own exceptions.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::builders::OperationUpdateBuilder;
use aws_sdk_lambda::types::{OperationAction, OperationType, WaitOptions};

use super::{step, update};

/// The call is refused with the exception that the SDK has this question for, and a message with all of these words.
macro_rules! refused {
    ($call:expr, $is:ident, $($word:expr),*) => {{
        let error = $call.send().await.unwrap_err();
        let message = aws_sdk_lambda::error::ProvideErrorMetadata::message(&error).unwrap_or_default().to_owned();
        for word in [$($word),*] as [&str; _] {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
        assert!(error.into_service_error().$is());
    }};
}

pub(super) use refused;

/// Calls that are refused while an invocation runs, and leave its token good.
pub(super) async fn refusals(client: &Client, arn: &str, used: &str, token: &str) {
    use OperationAction::{Start, Succeed};

    let batch = |token: &str, updates: Vec<OperationUpdateBuilder>| {
        let updates = updates.into_iter().map(|update| update.build().unwrap());
        client
            .checkpoint_durable_execution()
            .durable_execution_arn(arn)
            .checkpoint_token(token)
            .set_updates(Some(updates.collect()))
    };
    refused!(
        batch(used, vec![]),
        is_invalid_parameter_value_exception,
        "Invalid Checkpoint Token"
    );
    let no_time = WaitOptions::builder().wait_seconds(0).build();
    let wait = update("w", OperationType::Wait, Start).wait_options(no_time);
    refused!(
        batch(token, vec![step("lost", Start), wait]),
        is_invalid_parameter_value_exception,
        "'Updates[1].WaitOptions.WaitSeconds'",
        "greater than or equal to 1"
    );
    refused!(
        batch(token, vec![step("lost", Start), step("other", Succeed)]),
        is_invalid_parameter_value_exception,
        "update 2 of 2",
        "never started"
    );
    let state = client
        .get_durable_execution_state()
        .durable_execution_arn(arn);
    refused!(
        state.checkpoint_token(token).max_items(1001),
        is_invalid_parameter_value_exception,
        "'MaxItems'",
        "1000"
    );
    let invoke = || client.invoke().function_name("orders");
    refused!(
        invoke()
            .durable_execution_name("whole")
            .payload(Blob::new("{}")),
        is_durable_execution_already_started_exception,
        "whole"
    );
    refused!(
        invoke().payload(Blob::new("{order: 42}")),
        is_invalid_request_content_exception,
        "JSON"
    );
    refused!(
        invoke().payload(Blob::new(" ".repeat(6_291_457))),
        is_request_too_large_exception,
        "6291456"
    );
    refused!(
        client.invoke().function_name("nobody"),
        is_resource_not_found_exception,
        "nobody"
    );
}
