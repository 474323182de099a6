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
        name: operation.name,
        operation_type: OperationType::from_wire(operation.r#type.as_str()),
        sub_type: operation.sub_type.as_deref().map(SubType::from),
        start_timestamp: timestamp(operation.start_timestamp).unwrap_or_default(),
        end_timestamp: operation.end_timestamp.and_then(timestamp),
        status: OperationStatus::from_wire(operation.status.as_str()),
        execution_details: operation.execution_details.map(|details| ExecutionDetails {
            input_payload: details.input_payload,
        }),
        context_details: operation.context_details.map(|details| ContextDetails {
            replay_children: details.replay_children,
            result: details.result,
            error: details.error.map(error_object),
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
        callback_details: operation.callback_details.map(|details| CallbackDetails {
            callback_id: details.callback_id,
            result: details.result,
            error: details.error.map(error_object),
        }),
        chained_invoke_details: operation.chained_invoke_details.map(|details| {
            ChainedInvokeDetails {
                result: details.result,
                error: details.error.map(error_object),
            }
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
        .set_name(name.clone())
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
