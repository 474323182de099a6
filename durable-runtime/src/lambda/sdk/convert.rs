//! Between the types of the AWS SDK and those of the wire. Each is taken apart field by field, so that a new member can't be forgotten here.

use aws_sdk_lambda::error::BuildError;
use aws_sdk_lambda::primitives::DateTime;
use aws_sdk_lambda::types as aws;

use crate::wire::{
    CallbackDetails, CallbackOptions, ChainedInvokeDetails, ChainedInvokeOptions, ContextDetails,
    ContextOptions, ErrorObject, ExecutionDetails, Operation, OperationStatus, OperationType,
    OperationUpdate, StepDetails, StepOptions, SubType, Timestamp, WaitDetails, WaitOptions,
};

pub(super) fn operation(operation: aws::Operation) -> Operation {
    Operation {
        id: operation.id,
        parent_id: operation.parent_id,
        name: operation.name.map(Into::into),
        operation_type: OperationType::from_wire(operation.r#type.as_str()),
        sub_type: operation.sub_type.as_deref().map(SubType::from),
        start_timestamp: timestamp(operation.start_timestamp).unwrap_or_default(),
        end_timestamp: operation.end_timestamp.and_then(timestamp),
        status: OperationStatus::from_wire(operation.status.as_str()),
        execution_details: operation.execution_details.map(|details| ExecutionDetails {
            input_payload: details.input_payload,
        }),
        context_details: operation.context_details.map(|details| {
            Box::new(ContextDetails {
                replay_children: details.replay_children,
                result: details.result,
                error: details.error.map(error_object),
            })
        }),
        step_details: operation.step_details.map(|details| StepDetails {
            attempt: u32::try_from(details.attempt).unwrap_or(0),
            next_attempt_timestamp: details.next_attempt_timestamp.and_then(timestamp),
            result: details.result,
            error: details.error.map(error_object),
        }),
        wait_details: operation.wait_details.map(|details| WaitDetails {
            scheduled_end_timestamp: details.scheduled_end_timestamp.and_then(timestamp),
        }),
        callback_details: operation.callback_details.map(|details| {
            Box::new(CallbackDetails {
                callback_id: details.callback_id,
                result: details.result,
                error: details.error.map(error_object),
            })
        }),
        chained_invoke_details: operation.chained_invoke_details.map(|details| {
            Box::new(ChainedInvokeDetails {
                result: details.result,
                error: details.error.map(error_object),
            })
        }),
    }
}

/// A moment that doesn't fit never fails an invocation.
fn timestamp(moment: DateTime) -> Option<Timestamp> {
    moment.to_millis().ok().map(Timestamp::from_millis)
}

fn error_object(error: aws::ErrorObject) -> ErrorObject {
    ErrorObject {
        error_type: error.error_type,
        error_message: error.error_message,
        error_data: error.error_data,
        stack_trace: error.stack_trace.unwrap_or_default(),
    }
}

pub(super) fn update(update: &OperationUpdate) -> Result<aws::OperationUpdate, BuildError> {
    let OperationUpdate {
        id,
        parent_id,
        name,
        operation_type,
        sub_type,
        action,
        payload,
        error,
        context_options,
        step_options,
        wait_options,
        callback_options,
        chained_invoke_options,
    } = update;
    aws::OperationUpdate::builder()
        .id(id)
        .set_parent_id(parent_id.clone())
        .set_name(name.as_ref().map(ToString::to_string))
        .r#type(aws::OperationType::from(operation_type.as_str()))
        .set_sub_type(
            sub_type
                .as_ref()
                .map(|sub_type| sub_type.as_str().to_owned()),
        )
        .action(aws::OperationAction::from(action.as_str()))
        .set_payload(payload.clone())
        .set_error(error.as_ref().map(aws_error))
        .set_context_options(context_options.as_ref().map(aws_context_options))
        .set_step_options(step_options.as_ref().map(aws_step_options))
        .set_wait_options(wait_options.as_ref().map(aws_wait_options))
        .set_callback_options(callback_options.as_ref().map(aws_callback_options))
        .set_chained_invoke_options(
            chained_invoke_options
                .as_ref()
                .map(aws_chained_invoke_options)
                .transpose()?,
        )
        .build()
}

fn aws_error(error: &ErrorObject) -> aws::ErrorObject {
    let ErrorObject {
        error_type,
        error_message,
        error_data,
        stack_trace,
    } = error;
    aws::ErrorObject::builder()
        .set_error_type(error_type.clone())
        .set_error_message(error_message.clone())
        .set_error_data(error_data.clone())
        .set_stack_trace((!stack_trace.is_empty()).then(|| stack_trace.clone()))
        .build()
}

fn aws_context_options(ContextOptions { replay_children }: &ContextOptions) -> aws::ContextOptions {
    aws::ContextOptions::builder()
        .set_replay_children(*replay_children)
        .build()
}

fn aws_step_options(
    StepOptions {
        next_attempt_delay_seconds,
    }: &StepOptions,
) -> aws::StepOptions {
    aws::StepOptions::builder()
        .set_next_attempt_delay_seconds(next_attempt_delay_seconds.map(seconds))
        .build()
}

fn aws_wait_options(WaitOptions { wait_seconds }: &WaitOptions) -> aws::WaitOptions {
    aws::WaitOptions::builder()
        .set_wait_seconds(wait_seconds.map(seconds))
        .build()
}

fn aws_callback_options(
    CallbackOptions {
        timeout_seconds,
        heartbeat_timeout_seconds,
    }: &CallbackOptions,
) -> aws::CallbackOptions {
    aws::CallbackOptions::builder()
        .set_timeout_seconds(timeout_seconds.map(seconds))
        .set_heartbeat_timeout_seconds(heartbeat_timeout_seconds.map(seconds))
        .build()
}

fn aws_chained_invoke_options(
    ChainedInvokeOptions {
        function_name,
        tenant_id,
        x_amzn_trace_id,
    }: &ChainedInvokeOptions,
) -> Result<aws::ChainedInvokeOptions, BuildError> {
    aws::ChainedInvokeOptions::builder()
        .function_name(function_name)
        .set_tenant_id(tenant_id.clone())
        .set_x_amzn_trace_id(x_amzn_trace_id.clone())
        .build()
}

/// The runtime has checked the service's limits already, which are all lower.
fn seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_lambda::Client;
    use aws_sdk_lambda::config::retry::RetryConfig;
    use serde_json::{Value, json};

    use super::*;
    use crate::lambda::environment::Lookup;
    use crate::lambda::sdk::client;
    use crate::lock::Mutex;

    /// What the SDK puts on the wire for these updates. Nobody listens where it sends them.
    async fn sent(updates: &[OperationUpdate]) -> Value {
        let lookup: Lookup = Arc::new(|name| {
            let value = match name {
                "AWS_ENDPOINT_URL" => "http://127.0.0.1:1",
                "AWS_REGION" => "eu-west-1",
                _ => "any",
            };
            (name != "AWS_ENDPOINT_URL_LAMBDA").then(|| value.to_owned())
        });
        let config = client::config(&lookup)
            .retry_config(RetryConfig::disabled())
            .build();
        let body = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&body);
        let call = Client::from_conf(config)
            .checkpoint_durable_execution()
            .durable_execution_arn("arn")
            .checkpoint_token("t")
            .set_updates(Some(
                updates.iter().map(|sent| update(sent).unwrap()).collect(),
            ))
            .customize()
            .mutate_request(move |request| {
                *seen.lock() = request.body().bytes().unwrap_or_default().to_vec();
            })
            .send()
            .await;
        assert!(call.is_err(), "nobody listens");
        let body: Value = serde_json::from_slice(&body.lock()).unwrap();
        body["Updates"].clone()
    }

    #[tokio::test]
    async fn the_sdk_sends_what_our_own_types_say() {
        let error = ErrorObject::new("Declined", "no")
            .with_data("{}")
            .with_stack_trace(["a", "b"]);
        let updates = [
            OperationUpdate::start(OperationType::Step, "a1")
                .with_name("charge")
                .with_parent("c1")
                .with_sub_type(SubType::STEP),
            OperationUpdate::retry_with_error("a1", error.clone(), 7),
            OperationUpdate::retry_with_payload("a1", "\"so far\"", 8),
            OperationUpdate::fail(OperationType::Context, "c1", error),
            OperationUpdate::succeed(OperationType::Context, "c1")
                .with_payload("")
                .with_replay_children(),
            OperationUpdate::start_wait("w1", 60),
            OperationUpdate::cancel(OperationType::Wait, "w1"),
            OperationUpdate::start_callback("k1").with_callback_timeouts(30, 10),
            OperationUpdate::start_chained_invoke("i1", "orders:prod")
                .with_payload("{}")
                .with_tenant("tenant-1"),
            OperationUpdate::succeed(OperationType::Execution, "e1").with_payload("42"),
        ];
        assert_eq!(
            sent(&updates).await,
            serde_json::to_value(&updates).unwrap()
        );
    }

    #[test]
    fn what_the_sdk_reads_is_what_we_would_have_read() {
        let moment = DateTime::from_millis(1_767_225_600_250);
        let error = aws::ErrorObject::builder()
            .error_type("Declined")
            .error_message("no")
            .error_data("{}")
            .stack_trace("a")
            .build();
        let theirs = aws::Operation::builder()
            .id("a1")
            .parent_id("c1")
            .name("all of it")
            .r#type(aws::OperationType::ChainedInvoke)
            .sub_type("ChainedInvoke")
            .status(aws::OperationStatus::TimedOut)
            .start_timestamp(moment)
            .end_timestamp(moment)
            .execution_details(aws::ExecutionDetails::builder().input_payload("1").build())
            .context_details(
                aws::ContextDetails::builder()
                    .replay_children(true)
                    .result("2")
                    .error(error.clone())
                    .build(),
            )
            .step_details(
                aws::StepDetails::builder()
                    .attempt(3)
                    .next_attempt_timestamp(moment)
                    .result("3")
                    .error(error.clone())
                    .build(),
            )
            .wait_details(
                aws::WaitDetails::builder()
                    .scheduled_end_timestamp(moment)
                    .build(),
            )
            .callback_details(
                aws::CallbackDetails::builder()
                    .callback_id("k")
                    .result("4")
                    .error(error.clone())
                    .build(),
            )
            .chained_invoke_details(
                aws::ChainedInvokeDetails::builder()
                    .result("5")
                    .error(error)
                    .build(),
            )
            .build()
            .unwrap();
        let at = 1_767_225_600.25;
        let error = json!({"ErrorType": "Declined", "ErrorMessage": "no", "ErrorData": "{}", "StackTrace": ["a"]});
        let ours: Operation = serde_json::from_value(json!({
            "Id": "a1", "ParentId": "c1", "Name": "all of it", "Type": "CHAINED_INVOKE", "SubType": "ChainedInvoke",
            "Status": "TIMED_OUT", "StartTimestamp": at, "EndTimestamp": at,
            "ExecutionDetails": {"InputPayload": "1"},
            "ContextDetails": {"ReplayChildren": true, "Result": "2", "Error": error},
            "StepDetails": {"Attempt": 3, "NextAttemptTimestamp": at, "Result": "3", "Error": error},
            "WaitDetails": {"ScheduledEndTimestamp": at},
            "CallbackDetails": {"CallbackId": "k", "Result": "4", "Error": error},
            "ChainedInvokeDetails": {"Result": "5", "Error": error},
        }))
        .unwrap();
        assert_eq!(operation(theirs), ours);
    }

    #[test]
    fn a_value_that_is_new_to_us_is_unknown() {
        let theirs = aws::Operation::builder()
            .id("a1")
            .r#type(aws::OperationType::from("TELEPORT"))
            .status(aws::OperationStatus::from("BEAMED"))
            .start_timestamp(DateTime::from_secs(1))
            .build()
            .unwrap();
        let ours = operation(theirs);
        assert_eq!(
            (ours.operation_type, ours.status),
            (OperationType::Unknown, OperationStatus::Unknown)
        );
    }
}
