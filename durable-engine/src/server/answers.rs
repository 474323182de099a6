//! Answers that are more than a page of the wire's own types.

use durable_runtime::wire::{ErrorObject, Timestamp};
use serde::Serialize;

use crate::core::{Event, ExecutionStatus};
use crate::service::{ExecutionDescription, ExecutionPage, HistoryPage, ListedExecution};

/// GetDurableExecution.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescriptionAnswer<'a> {
    durable_execution_arn: &'a str,
    durable_execution_name: &'a str,
    function_arn: &'a str,
    version: &'a str,
    status: ExecutionStatus,
    start_timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_execution_timeout_timestamp: Option<Timestamp>,
    durable_config: Config,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_details: Option<Pause<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<Trace<'a>>,
    execution_data_included: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorObject>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_timeout: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_period_in_days: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pause<'a> {
    pause_request_timestamp: Timestamp,
    execution_timeout_paused: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Trace<'a> {
    x_amzn_trace_id: &'a str,
}

impl<'a> DescriptionAnswer<'a> {
    /// Without `data` it has neither payloads nor what people wrote.
    pub(super) fn new(it: &'a ExecutionDescription, data: bool) -> Self {
        Self {
            durable_execution_arn: &it.arn,
            durable_execution_name: &it.name,
            function_arn: &it.function_arn,
            version: &it.version,
            status: it.status,
            start_timestamp: it.started,
            end_timestamp: it.ended,
            expected_execution_timeout_timestamp: it.times_out,
            durable_config: Config {
                execution_timeout: it.timeout_seconds,
                retention_period_in_days: it.retention_days,
            },
            pause_details: it.pause.as_ref().map(|pause| Pause {
                pause_request_timestamp: pause.requested,
                execution_timeout_paused: pause.timeout_paused,
                reason: pause.reason.as_deref().filter(|_| data),
            }),
            trace_header: it
                .trace_header
                .as_deref()
                .map(|x_amzn_trace_id| Trace { x_amzn_trace_id }),
            execution_data_included: data,
            input_payload: it.input.as_deref().filter(|_| data),
            result: it.result.as_deref().filter(|_| data),
            error: it.error.as_ref().filter(|_| data),
        }
    }
}

/// GetDurableExecutionHistory.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HistoryAnswer<'a> {
    events: &'a [Event],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<&'a str>,
}

impl<'a> HistoryAnswer<'a> {
    pub(super) fn new(page: &'a HistoryPage) -> Self {
        Self {
            events: &page.events,
            next_marker: page.next_marker.as_deref(),
        }
    }
}

/// ListDurableExecutionsByFunction.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAnswer<'a> {
    durable_executions: Vec<Listed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed<'a> {
    durable_execution_arn: &'a str,
    durable_execution_name: &'a str,
    function_arn: &'a str,
    status: ExecutionStatus,
    start_timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_timestamp: Option<Timestamp>,
}

impl<'a> ListAnswer<'a> {
    pub(super) fn new(page: &'a ExecutionPage) -> Self {
        let line = |it: &'a ListedExecution| Listed {
            durable_execution_arn: &it.arn,
            durable_execution_name: &it.name,
            function_arn: &it.function_arn,
            status: it.status,
            start_timestamp: it.started,
            end_timestamp: it.ended,
        };
        Self {
            durable_executions: page.executions.iter().map(line).collect(),
            next_marker: page.next_marker.as_deref(),
        }
    }
}
