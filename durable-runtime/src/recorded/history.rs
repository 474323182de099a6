//! [`RecordedHistory`]: the answer to `GetDurableExecutionHistory`, read.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::events::operations;
use crate::wire::Operation;

/// A history as the service gives it: the JSON of `GetDurableExecutionHistory`, with its data.
///
/// `aws lambda get-durable-execution-history --durable-execution-arn .. --include-execution-data` writes one, and so does
/// `cargo durable history --format json`.
///
/// ```
/// use durable_runtime::recorded::RecordedHistory;
///
/// let history = RecordedHistory::parse(r#"{"Events": [
///     {"EventType": "ExecutionStarted", "EventId": 1, "EventTimestamp": 1767225600.0,
///      "ExecutionStartedDetails": {"Input": {"Payload": "5", "Truncated": false}}}
/// ]}"#).unwrap();
/// assert_eq!(history.input(), "5");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedHistory {
    pub(super) operations: Vec<Operation>,
    pub(super) input: String,
}

/// Why something is no history that can be replayed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The file can't be read.
    #[error("can't read {path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
    /// It is no JSON, or not of a history.
    #[error("this is no answer to GetDurableExecutionHistory: {0}")]
    Shape(String),
    /// It is one page of several.
    #[error(
        "this is one page of a history and not all of it: fetch it without `--max-items` and `--no-paginate`"
    )]
    OnePage,
    /// It was fetched without inputs and results, or they were too large for it.
    #[error(
        "event {event} ({event_type}) has no data: fetch the history with `--include-execution-data`"
    )]
    NoData {
        /// The event's number.
        event: u64,
        /// What happened.
        event_type: String,
    },
    /// Its data was cut.
    #[error(
        "the data of event {event} ({event_type}) was cut by the service, so what it recorded can't be replayed"
    )]
    Truncated {
        /// The event's number.
        event: u64,
        /// What happened.
        event_type: String,
    },
}

impl RecordedHistory {
    /// Reads the JSON of a whole history.
    ///
    /// # Errors
    /// When it is none, is only a page, or lacks what was recorded.
    pub fn parse(json: &str) -> Result<Self, HistoryError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            events: Vec<Value>,
            #[serde(default)]
            next_marker: Option<String>,
        }
        let answer: Answer =
            serde_json::from_str(json).map_err(|cause| HistoryError::Shape(cause.to_string()))?;
        if answer.next_marker.is_some_and(|marker| !marker.is_empty()) {
            return Err(HistoryError::OnePage);
        }
        operations(answer.events)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it can't be read, and as [`parse`](Self::parse) does.
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        let text = fs::read_to_string(path).map_err(|error| HistoryError::File {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(&text)
    }

    /// The execution's input, as JSON.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// The operations as they stand at the end of the history.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}
