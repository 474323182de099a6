//! Between the engine's values and the rows of the schema, and the statements that write them.

use std::{borrow::Cow, fmt, path::Path, sync::Arc};

use durable_runtime::wire::{ErrorObject, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IntoDeserializer},
};
use smol_str::SmolStr;

use crate::{
    core::{
        ExecutionRecord, ExecutionStatus, LastCheckpoint, OpenInvocation, Origin, Pause, PauseMarks,
    },
    store::StoreError,
};

/// The column `name`.
pub(super) fn name_of(row: &Row<'_>) -> rusqlite::Result<Option<SmolStr>> {
    Ok(row.get_ref("name")?.as_str_or_null()?.map(SmolStr::new))
}

/// A row that doesn't decode.
#[derive(Debug)]
pub(super) struct BadRow {
    pub(super) place: String,
    pub(super) problem: String,
}

impl BadRow {
    pub(super) fn at(self, path: &Path) -> StoreError {
        StoreError::Unreadable {
            path: path.into(),
            place: self.place,
            problem: self.problem,
        }
    }
}

/// A number that SQLite's 64-bit signed integers must hold.
pub(super) fn integer(number: u64, what: &str) -> Result<i64, String> {
    i64::try_from(number)
        .map_err(|_| format!("{what} {number} is more than the database can count to"))
}

/// Serialises a small value of ours.
pub(super) fn to_json<T: Serialize>(value: &T, what: &str) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| no_json(what, error))
}

/// Serialises a value of ours behind what is there.
pub(super) fn append_json<T: Serialize>(
    text: &mut Vec<u8>,
    value: &T,
    what: &str,
) -> Result<(), String> {
    serde_json::to_writer(text, value).map_err(|error| no_json(what, error))
}

fn no_json(what: &str, error: impl fmt::Display) -> String {
    format!("{what} can't be written as JSON: {error}")
}

/// Reads a JSON column; `place` names the row, for the message.
pub(super) fn from_json<T: DeserializeOwned>(
    text: &str,
    column: &str,
    place: impl Fn() -> String,
) -> Result<T, BadRow> {
    serde_json::from_str(text).map_err(|error| BadRow {
        place: place(),
        problem: format!("column {column}: {error}"),
    })
}

/// A number that can't be negative.
pub(super) fn count(number: i64, column: &str, place: impl Fn() -> String) -> Result<u64, BadRow> {
    u64::try_from(number).map_err(|_| BadRow {
        place: place(),
        problem: format!("column {column}: {number} is negative"),
    })
}

/// A row of `executions`, with its input.
pub(super) struct RecordRow {
    pub(super) arn: Arc<str>,
    pub(super) workflow: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) started: i64,
    pub(super) timeout_seconds: Option<u32>,
    pub(super) callback_key: Arc<str>,
    pub(super) status: Cow<'static, str>,
    pub(super) ended: Option<i64>,
    pub(super) invoke_at: Option<i64>,
    pub(super) invocation: Option<String>,
    pub(super) state: String,
    /// Which of two states is the later one.
    pub(super) next_event_id: u64,
    /// The state that stands in the row of the last operation. Never written from here.
    last_state: Option<String>,
    pub(super) error: Option<String>,
    pub(super) result: Option<String>,
    pub(super) input: Option<Arc<str>>,
    pub(super) origin: Option<String>,
    pub(super) delete_at: Option<i64>,
}

/// What of a record only the engine reads, in the column `state`.
#[derive(Serialize, Deserialize)]
struct State {
    next_event_id: u64,
    next_seq: u64,
    #[serde(default)]
    failures: u32,
    #[serde(default)]
    changes: u64,
    #[serde(default)]
    delivered: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closing: Option<ExecutionStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_checkpoint: Option<LastCheckpoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pause: Option<Pause>,
    #[serde(default, skip_serializing_if = "is_default")]
    paused_millis: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pause_marks: PauseMarks,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl RecordRow {
    /// About how much the row weighs, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let input = self.input.as_ref().map_or(0, |input| input.len());
        let result = self.result.as_ref().map_or(0, String::len);
        input + result + self.state.len()
    }

    pub(super) fn new(record: ExecutionRecord) -> Result<Self, String> {
        // Without `..`, so that a new field has to find its place here.
        let ExecutionRecord {
            arn,
            name,
            workflow,
            input,
            timeout_seconds,
            callback_key,
            started,
            status,
            result,
            error,
            ended,
            closing,
            token,
            next_event_id,
            next_seq,
            invocation,
            invoke_at,
            failures,
            changes,
            delivered,
            last_checkpoint,
            origin,
            pause,
            paused_millis,
            pause_marks,
            delete_at,
        } = record;
        let state = State {
            next_event_id,
            next_seq,
            failures,
            changes,
            delivered,
            token,
            closing,
            last_checkpoint,
            pause,
            paused_millis,
            pause_marks,
        };
        Ok(Self {
            arn,
            workflow,
            name,
            started: started.as_millis(),
            timeout_seconds,
            callback_key,
            status: status.as_str().into(),
            ended: ended.map(Timestamp::as_millis),
            invoke_at: invoke_at.map(Timestamp::as_millis),
            invocation: invocation
                .map(|invocation| to_json(&invocation, "the invocation"))
                .transpose()?,
            state: to_json(&state, "the record")?,
            next_event_id,
            last_state: None,
            error: error
                .map(|error| to_json(&error, "the error"))
                .transpose()?,
            result,
            input,
            origin: (*origin != Origin::default())
                .then(|| to_json(&*origin, "the origin"))
                .transpose()?,
            delete_at: delete_at.map(Timestamp::as_millis),
        })
    }

    /// Whether all that it says and that can change is its status, when and how it is invoked, and its state.
    pub(super) fn is_plain(&self) -> bool {
        self.ended.is_none()
            && self.delete_at.is_none()
            && self.error.is_none()
            && self.result.is_none()
    }

    /// Whether it has ended, so that nothing more is written of it but its removal.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Self)> {
        let read = Self {
            arn: row.get("arn")?,
            workflow: row.get("workflow")?,
            name: row.get("name")?,
            started: row.get("started_at")?,
            timeout_seconds: row.get("timeout_seconds")?,
            callback_key: row.get("callback_key")?,
            status: row.get::<_, String>("status")?.into(),
            ended: row.get("ended_at")?,
            invoke_at: row.get("invoke_at")?,
            invocation: row.get("invocation")?,
            state: row.get("state")?,
            // In the state, which is not read yet.
            next_event_id: 0,
            last_state: row.get("last_state")?,
            error: row.get("error")?,
            result: row.get("result")?,
            input: row.get("input")?,
            origin: row.get("origin")?,
            delete_at: row.get("delete_at")?,
        };
        Ok((row.get("id")?, read))
    }

    pub(super) fn into_record(self) -> Result<ExecutionRecord, BadRow> {
        let place = || format!("table executions, arn {}", self.arn);
        let mut state: State = from_json(&self.state, "state", place)?;
        if let Some(last) = &self.last_state {
            let last: State = from_json(last, "state of the last operation", place)?;
            // Each commit that left the row alone has events; one that wrote the row may have none.
            if last.next_event_id > state.next_event_id {
                state = last;
            }
        }
        let invocation: Option<OpenInvocation> = self
            .invocation
            .as_deref()
            .map(|text| from_json(text, "invocation", place))
            .transpose()?;
        let error: Option<ErrorObject> = self
            .error
            .as_deref()
            .map(|text| from_json(text, "error", place))
            .transpose()?;
        let origin: Option<Origin> = self
            .origin
            .as_deref()
            .map(|text| from_json(text, "origin", place))
            .transpose()?;
        Ok(ExecutionRecord {
            origin: Arc::new(origin.unwrap_or_default()),
            delete_at: self.delete_at.map(Timestamp::from_millis),
            status: read_status(&self.status, place)?,
            arn: self.arn,
            name: self.name,
            workflow: self.workflow,
            input: self.input,
            timeout_seconds: self.timeout_seconds,
            callback_key: self.callback_key,
            started: Timestamp::from_millis(self.started),
            result: self.result,
            error,
            ended: self.ended.map(Timestamp::from_millis),
            closing: state.closing,
            token: state.token,
            next_event_id: state.next_event_id,
            next_seq: state.next_seq,
            invocation,
            invoke_at: self.invoke_at.map(Timestamp::from_millis),
            failures: state.failures,
            changes: state.changes,
            delivered: state.delivered,
            last_checkpoint: state.last_checkpoint,
            pause: state.pause,
            paused_millis: state.paused_millis,
            pause_marks: state.pause_marks,
        })
    }
}

/// Reads the column `status` of an execution.
pub(super) fn read_status(
    text: &str,
    place: impl Fn() -> String,
) -> Result<ExecutionStatus, BadRow> {
    ExecutionStatus::deserialize(text.into_deserializer()).map_err(
        |error: serde::de::value::Error| BadRow {
            place: place(),
            problem: format!("column status: {error}"),
        },
    )
}

/// What [`RecordRow::read`] reads.
macro_rules! select_execution {
    () => {
        "SELECT e.*, i.input,
                (SELECT state FROM operations WHERE execution = e.id ORDER BY seq DESC LIMIT 1) AS last_state
           FROM executions e LEFT JOIN inputs i ON i.execution = e.id"
    };
}

/// The execution with this ARN, and its row number.
pub(super) fn load_execution(
    connection: &Connection,
    arn: &str,
) -> rusqlite::Result<Option<(i64, RecordRow)>> {
    connection
        .prepare_cached(concat!(select_execution!(), " WHERE arn = ?1"))?
        .query_row([arn], RecordRow::read)
        .optional()
}

/// The execution of this workflow with this name, and its row number.
pub(super) fn find_execution(
    connection: &Connection,
    workflow: &str,
    name: &str,
) -> rusqlite::Result<Option<(i64, RecordRow)>> {
    connection
        .prepare_cached(concat!(
            select_execution!(),
            " WHERE workflow = ?1 AND name = ?2"
        ))?
        .query_row([workflow, name], RecordRow::read)
        .optional()
}

/// The row number of the execution with this ARN.
pub(super) fn row_of(connection: &Connection, arn: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM executions WHERE arn = ?1")?
        .query_row([arn], |row| row.get(0))
        .optional()
}
