//! Rows of the table `events`, and events in rows of `operations`.

use std::ops::Range;

use durable_runtime::wire::{SubType, Timestamp};
use rusqlite::Row;
use smol_str::SmolStr;

use super::{
    operation_row::OperationRow,
    rows::{BadRow, append_json, count, from_json, integer, name_of},
};
use crate::core::{Event, EventDetails};

/// The events of a commit, ready to be written.
pub(super) struct EventRows {
    /// All of them as the text that stands in the row of the commit's first operation, when that is created by it; see `v3.sql`.
    pub(super) text: String,
    pub(super) rows: Vec<NewEvent>,
}

/// An event that is written, with a field for each column.
pub(super) struct NewEvent {
    pub(super) event_id: i64,
    pub(super) kind: &'static str,
    pub(super) at: i64,
    pub(super) operation_id: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) name: Option<SmolStr>,
    pub(super) sub_type: Option<SubType>,
    /// Where its details are in the text.
    details: Range<usize>,
}

impl EventRows {
    pub(super) fn new(events: Vec<Event>, first: Option<&OperationRow>) -> Result<Self, String> {
        const EACH: usize = 192;

        let mut rows = Vec::with_capacity(events.len());
        let mut text = Vec::with_capacity(events.len() * EACH);
        for event in events {
            let kind = event.event_type();
            // Without `..`, so that a new field has to find its place here.
            let Event {
                event_id,
                event_timestamp,
                id,
                parent_id,
                name,
                sub_type,
                details,
            } = event;
            let event_id = integer(event_id, "event id")?;
            let at = event_timestamp.as_millis();
            text.extend(if rows.is_empty() { b"[[" } else { b",[" });
            append_json(&mut text, &event_id, "the event")?;
            text.push(b',');
            append_json(&mut text, &at, "the event")?;
            text.push(b',');
            let begin = text.len();
            append_json(&mut text, &details, "the event")?;
            let row = NewEvent {
                event_id,
                kind,
                at,
                operation_id: id,
                parent_id,
                name,
                sub_type,
                details: begin..text.len(),
            };
            if !first.is_some_and(|first| row.is_of(first)) {
                for part in [
                    row.operation_id.as_deref(),
                    row.parent_id.as_deref(),
                    row.name.as_deref(),
                    row.sub_type.as_ref().map(SubType::as_str),
                ] {
                    text.push(b',');
                    append_json(&mut text, &part, "the event")?;
                }
            }
            text.push(b']');
            rows.push(row);
        }
        text.push(b']');
        let text = String::from_utf8(text).map_err(|_| "the events are no text".to_owned())?;
        Ok(Self { text, rows })
    }

    /// The details of one of them, as JSON.
    pub(super) fn details(&self, event: &NewEvent) -> &str {
        self.text.get(event.details.clone()).unwrap_or_default()
    }

    /// About how much the rows weigh, in bytes.
    pub(super) fn bytes(&self) -> usize {
        64 * self.rows.len() + self.text.len()
    }
}

impl NewEvent {
    /// Whether it is about this operation, and says nothing of it that its row doesn't.
    fn is_of(&self, operation: &OperationRow) -> bool {
        self.operation_id.as_deref() == Some(&*operation.id)
            && self.parent_id == operation.parent_id
            && self.name == operation.name
            && self.sub_type == operation.sub_type
    }
}

/// An event that was read.
pub(super) struct EventRow {
    pub(super) event_id: i64,
    pub(super) at: i64,
    pub(super) operation_id: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) name: Option<SmolStr>,
    pub(super) sub_type: Option<String>,
    /// The details say what kind it is, too.
    pub(super) details: String,
}

impl EventRow {
    pub(super) fn details_len(&self) -> usize {
        self.details.len()
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            event_id: row.get("event_id")?,
            at: row.get("at")?,
            operation_id: row.get("operation_id")?,
            parent_id: row.get("parent_id")?,
            name: name_of(row)?,
            sub_type: row.get("sub_type")?,
            details: row.get("details")?,
        })
    }

    pub(super) fn into_event(self) -> Result<Event, BadRow> {
        let place = || format!("event {}", self.event_id);
        let details: EventDetails = from_json(&self.details, "details", place)?;
        Ok(Event {
            event_id: count(self.event_id, "event_id", place)?,
            event_timestamp: Timestamp::from_millis(self.at),
            id: self.operation_id,
            parent_id: self.parent_id,
            name: self.name,
            sub_type: self.sub_type.map(SubType::from),
            details,
        })
    }
}
