//! Rows of the table `operations`.

use std::borrow::Cow;

use durable_runtime::wire::{
    CallbackDetails, ChainedInvokeDetails, ContextDetails, ErrorObject, ExecutionDetails,
    Operation, OperationStatus, OperationType, StepDetails, SubType, Timestamp, WaitDetails,
};
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::rows::{BadRow, count, from_json, integer, name_of, to_json};
use crate::core::{ServiceDetails, StoredOperation};

/// An operation, with a field for each column.
#[derive(Default)]
pub(super) struct OperationRow {
    pub(super) seq: i64,
    pub(super) id: String,
    pub(super) parent_id: Option<String>,
    pub(super) name: Option<SmolStr>,
    pub(super) kind: Cow<'static, str>,
    pub(super) sub_type: Option<SubType>,
    pub(super) status: Cow<'static, str>,
    pub(super) attempt: Option<u32>,
    pub(super) started: i64,
    pub(super) ended: Option<i64>,
    pub(super) due: Option<i64>,
    pub(super) changed: Option<i64>,
    pub(super) service: Option<String>,
    pub(super) details: Option<Cow<'static, str>>,
    pub(super) error: Option<String>,
    pub(super) payload: Option<String>,
    pub(super) result: Option<String>,
}

/// What an operation's details have beyond the columns. That the column isn't NULL says that there are details.
#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Rest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replay_children: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    callback_id: Option<String>,
}

impl OperationRow {
    pub(super) fn new(stored: StoredOperation) -> Result<Self, String> {
        // Without `..`, here and below, so that a new field has to find its place.
        let StoredOperation {
            seq,
            operation,
            changed,
            service,
        } = stored;
        let Operation {
            id,
            parent_id,
            name,
            operation_type,
            sub_type,
            start_timestamp,
            end_timestamp,
            status,
            execution_details,
            context_details,
            step_details,
            wait_details,
            callback_details,
            chained_invoke_details,
        } = operation;
        let its_own = match operation_type {
            OperationType::Execution => execution_details.is_some(),
            OperationType::Context => context_details.is_some(),
            OperationType::Step => step_details.is_some(),
            OperationType::Wait => wait_details.is_some(),
            OperationType::Callback => callback_details.is_some(),
            OperationType::ChainedInvoke => chained_invoke_details.is_some(),
            _ => false,
        };
        let mut details = 0_usize;
        let mut rest = Rest::default();
        let mut failure: Option<ErrorObject> = None;
        let mut row = Self::default();
        if let Some(ExecutionDetails { input_payload }) = execution_details {
            details += 1;
            row.payload = input_payload;
        }
        if let Some(ContextDetails {
            replay_children,
            result,
            error,
        }) = context_details.map(|details| *details)
        {
            details += 1;
            rest.replay_children = replay_children;
            (row.result, failure) = (result, error);
        }
        if let Some(StepDetails {
            attempt,
            next_attempt_timestamp,
            result,
            error,
        }) = step_details
        {
            details += 1;
            row.attempt = Some(attempt);
            row.due = next_attempt_timestamp.map(Timestamp::as_millis);
            (row.result, failure) = (result, error);
        }
        if let Some(WaitDetails {
            scheduled_end_timestamp,
        }) = wait_details
        {
            details += 1;
            row.due = scheduled_end_timestamp.map(Timestamp::as_millis);
        }
        if let Some(CallbackDetails {
            callback_id,
            result,
            error,
        }) = callback_details.map(|details| *details)
        {
            details += 1;
            rest.callback_id = callback_id;
            (row.result, failure) = (result, error);
        }
        if let Some(ChainedInvokeDetails { result, error }) =
            chained_invoke_details.map(|details| *details)
        {
            details += 1;
            (row.result, failure) = (result, error);
        }
        if details != usize::from(its_own) {
            return Err(format!(
                "operation {id} is of type {operation_type} and has details of another type"
            ));
        }
        if let Some(ServiceDetails::Callback {
            timeout, heartbeat, ..
        }) = &service
        {
            row.due = timeout
                .iter()
                .chain(heartbeat)
                .min()
                .map(|due| due.as_millis());
        }
        row.details = match details {
            1 if rest == Rest::default() => Some("{}".into()),
            1 => Some(to_json(&rest, "details")?.into()),
            _ => None,
        };
        row.error = failure
            .map(|error| to_json(&error, "the error"))
            .transpose()?;
        Ok(Self {
            seq: integer(seq, "operation number")?,
            id,
            parent_id,
            name,
            kind: operation_type.as_str().into(),
            sub_type,
            status: status.as_str().into(),
            started: start_timestamp.as_millis(),
            ended: end_timestamp.map(Timestamp::as_millis),
            changed: changed
                .map(|changed| integer(changed, "change number"))
                .transpose()?,
            service: service
                .map(|service| to_json(&service, "what the service remembers"))
                .transpose()?,
            ..row
        })
    }

    /// About how much the row weighs, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        64 + self.id.len()
            + text(&self.error)
            + text(&self.payload)
            + text(&self.result)
            + text(&self.service)
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get("seq")?,
            id: row.get("id")?,
            parent_id: row.get("parent_id")?,
            name: name_of(row)?,
            kind: row.get::<_, String>("type")?.into(),
            sub_type: row.get::<_, Option<String>>("sub_type")?.map(SubType::from),
            status: row.get::<_, String>("status")?.into(),
            attempt: row.get("attempt")?,
            started: row.get("started_at")?,
            ended: row.get("ended_at")?,
            due: row.get("due_at")?,
            changed: row.get("changed")?,
            service: row.get("service")?,
            details: row.get::<_, Option<String>>("details")?.map(Cow::Owned),
            error: row.get("error")?,
            payload: row.get("payload")?,
            result: row.get("result")?,
        })
    }

    pub(super) fn into_stored(self) -> Result<StoredOperation, BadRow> {
        let Self {
            seq,
            id,
            kind,
            status,
            attempt,
            due,
            changed,
            service,
            details,
            error,
            payload,
            result,
            ..
        } = self;
        let place = || format!("table operations, id {id}");
        let seq = count(seq, "seq", place)?;
        let rest = details
            .map(|details| from_json::<Rest>(&details, "details", place))
            .transpose()?;
        let error = error
            .map(|error| from_json::<ErrorObject>(&error, "error", place))
            .transpose()?;
        let service = service
            .map(|service| from_json::<ServiceDetails>(&service, "service", place))
            .transpose()?;
        let changed = changed
            .map(|changed| count(changed, "changed", place))
            .transpose()?;
        let operation_type = OperationType::from_wire(&kind);
        let due = due.map(Timestamp::from_millis);
        let mut operation = Operation::new(
            id,
            operation_type,
            OperationStatus::from_wire(&status),
            Timestamp::from_millis(self.started),
        );
        operation.parent_id = self.parent_id;
        operation.name = self.name;
        operation.sub_type = self.sub_type;
        operation.end_timestamp = self.ended.map(Timestamp::from_millis);
        if let Some(Rest {
            replay_children,
            callback_id,
        }) = rest
        {
            match operation_type {
                OperationType::Execution => {
                    operation.execution_details = Some(ExecutionDetails {
                        input_payload: payload,
                    });
                }
                OperationType::Context => {
                    operation.context_details = Some(Box::new(ContextDetails {
                        replay_children,
                        result,
                        error,
                    }));
                }
                OperationType::Step => {
                    let attempt = attempt.unwrap_or_default();
                    operation.step_details = Some(StepDetails {
                        attempt,
                        next_attempt_timestamp: due,
                        result,
                        error,
                    });
                }
                OperationType::Wait => {
                    operation.wait_details = Some(WaitDetails {
                        scheduled_end_timestamp: due,
                    });
                }
                OperationType::Callback => {
                    operation.callback_details = Some(Box::new(CallbackDetails {
                        callback_id,
                        result,
                        error,
                    }));
                }
                OperationType::ChainedInvoke => {
                    operation.chained_invoke_details =
                        Some(Box::new(ChainedInvokeDetails { result, error }));
                }
                // A type this build doesn't know: its details mean nothing to it.
                _ => {}
            }
        }
        Ok(StoredOperation {
            seq,
            operation,
            changed,
            service,
        })
    }
}
