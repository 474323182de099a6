//! From the events of a history to the operations as they stand at its end.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use smol_str::SmolStr;

use super::history::{HistoryError, RecordedHistory};
use crate::wire::{
    ErrorObject, Operation, OperationStatus, OperationType, StepDetails, SubType, Timestamp,
    WaitDetails,
};

/// What every event has. The member `<EventType>Details` is looked up by name.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    #[serde(default)]
    event_id: u64,
    event_type: String,
    #[serde(default)]
    event_timestamp: Option<Timestamp>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    parent_id: Option<String>,
    #[serde(default)]
    name: Option<SmolStr>,
    #[serde(default)]
    sub_type: Option<SubType>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Details {
    input: Option<Data>,
    result: Option<Data>,
    error: Option<Failure>,
    retry_details: Option<Retry>,
    callback_id: Option<String>,
    scheduled_end_timestamp: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Data {
    payload: Option<String>,
    truncated: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Failure {
    payload: Option<ErrorObject>,
    truncated: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Retry {
    current_attempt: u32,
    next_attempt_delay_seconds: Option<u32>,
}

/// What the result of a batch says, if it is one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rebuilt {
    #[expect(dead_code, reason = "it has to be there")]
    v: u32,
    total_count: Option<u64>,
    all: Option<serde::de::IgnoredAny>,
}

/// The operations in the order in which they were started.
pub(super) fn operations(events: Vec<Value>) -> Result<RecordedHistory, HistoryError> {
    let mut history = RecordedHistory {
        operations: Vec::new(),
        input: String::new(),
    };
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut has_input = false;
    for value in events {
        let event: Event = serde_json::from_value(value)
            .map_err(|cause| HistoryError::Shape(cause.to_string()))?;
        let details = details(&event)?;
        if event.event_type == "ExecutionStarted" {
            has_input = true;
            history.input = details
                .input
                .and_then(|input| input.payload)
                .unwrap_or_default();
            continue;
        }
        let Some((operation_type, change)) = kind(&event.event_type) else {
            // Of the execution, of an invocation, or of a kind that a newer service knows.
            continue;
        };
        let id = event.id.clone().ok_or_else(|| {
            HistoryError::Shape(format!("event {} names no operation", event.event_id))
        })?;
        let next = history.operations.len();
        let at = *places.entry(id.clone()).or_insert(next);
        if at == next {
            let started = event.event_timestamp.unwrap_or(Timestamp::from_millis(0));
            let mut operation =
                Operation::new(id, operation_type, OperationStatus::Started, started);
            operation.parent_id.clone_from(&event.parent_id);
            operation.name.clone_from(&event.name);
            operation.sub_type.clone_from(&event.sub_type);
            history.operations.push(operation);
        }
        if let Some(operation) = history.operations.get_mut(at) {
            apply(operation, change, event.event_timestamp, details);
        }
    }
    if !has_input {
        return Err(HistoryError::Shape(
            "it has no ExecutionStarted event, which is the first of every history".to_owned(),
        ));
    }
    mark_rebuilt(&mut history.operations);
    Ok(history)
}

/// What an event says, which must be all of it.
fn details(event: &Event) -> Result<Details, HistoryError> {
    let member = format!("{}Details", event.event_type);
    let details: Details = match event.rest.get(&member) {
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|cause| HistoryError::Shape(format!("event {}: {cause}", event.event_id)))?,
        None => Details::default(),
    };
    let data = details.input.iter().chain(&details.result);
    let cut = data.map(|data| data.truncated);
    let cut = cut.chain(details.error.iter().map(|error| error.truncated));
    if cut.into_iter().any(|cut| cut) {
        return Err(HistoryError::Truncated {
            event: event.event_id,
            event_type: event.event_type.clone(),
        });
    }
    let lacks = match &*event.event_type {
        "StepSucceeded" => details
            .result
            .as_ref()
            .is_none_or(|result| result.payload.is_none()),
        "StepFailed" | "ContextFailed" => details
            .error
            .as_ref()
            .is_none_or(|error| error.payload.is_none()),
        _ => false,
    };
    if lacks {
        return Err(HistoryError::NoData {
            event: event.event_id,
            event_type: event.event_type.clone(),
        });
    }
    Ok(details)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Started,
    Ended(OperationStatus),
}

fn kind(event_type: &str) -> Option<(OperationType, Change)> {
    let types = [
        ("Step", OperationType::Step),
        ("Context", OperationType::Context),
        ("Wait", OperationType::Wait),
        ("Callback", OperationType::Callback),
        ("ChainedInvoke", OperationType::ChainedInvoke),
    ];
    let changes = [
        ("Started", Change::Started),
        ("Succeeded", Change::Ended(OperationStatus::Succeeded)),
        ("Failed", Change::Ended(OperationStatus::Failed)),
        ("TimedOut", Change::Ended(OperationStatus::TimedOut)),
        ("Stopped", Change::Ended(OperationStatus::Stopped)),
        ("Cancelled", Change::Ended(OperationStatus::Cancelled)),
    ];
    let (rest, operation_type) = types
        .iter()
        .find_map(|(prefix, found)| Some((event_type.strip_prefix(prefix)?, *found)))?;
    let (_, change) = changes.iter().find(|(name, _)| *name == rest)?;
    Some((operation_type, *change))
}

fn apply(operation: &mut Operation, change: Change, at: Option<Timestamp>, details: Details) {
    let Details {
        result,
        error,
        retry_details,
        callback_id,
        scheduled_end_timestamp,
        ..
    } = details;
    let result = result.and_then(|result| result.payload);
    let error = error.and_then(|error| error.payload);
    operation.status = match change {
        Change::Started => OperationStatus::Started,
        Change::Ended(status) => status,
    };
    match operation.operation_type {
        OperationType::Step => {
            let step = operation
                .step_details
                .get_or_insert_with(StepDetails::default);
            if change == Change::Started {
                return;
            }
            let retry = retry_details.unwrap_or_default();
            step.attempt = retry.current_attempt.max(step.attempt);
            (step.result, step.error) = (result, error);
            // The least that the service waits is a second.
            if retry
                .next_attempt_delay_seconds
                .is_some_and(|delay| delay > 0)
            {
                operation.status = OperationStatus::Pending;
                return;
            }
        }
        OperationType::Context => {
            let context = operation.context_details.get_or_insert_default();
            (context.result, context.error) = (result, error);
        }
        OperationType::Wait => {
            let wait = operation
                .wait_details
                .get_or_insert_with(WaitDetails::default);
            wait.scheduled_end_timestamp = scheduled_end_timestamp.or(wait.scheduled_end_timestamp);
        }
        OperationType::Callback => {
            let callback = operation.callback_details.get_or_insert_default();
            callback.callback_id = callback_id.or(callback.callback_id.take());
            (callback.result, callback.error) = (result, error);
        }
        OperationType::ChainedInvoke => {
            let invoke = operation.chained_invoke_details.get_or_insert_default();
            (invoke.result, invoke.error) = (result, error);
        }
        _ => {}
    }
    if change != Change::Started {
        operation.end_timestamp = at;
    }
}

/// A history does not say which contexts are rebuilt from the operations inside them. One with an empty result is: no JSON is empty. So is a batch whose
/// result says how many items it has, and not what they gave.
fn mark_rebuilt(operations: &mut [Operation]) {
    for operation in operations {
        if operation.status == OperationStatus::Succeeded
            && let Some(context) = &mut operation.context_details
            && context.result.as_deref().is_none_or(|result| {
                result.is_empty()
                    || serde_json::from_str::<Rebuilt>(result)
                        .is_ok_and(|found| found.total_count.is_some() && found.all.is_none())
            })
        {
            context.replay_children = Some(true);
        }
    }
}
