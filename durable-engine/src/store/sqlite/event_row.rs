//! Rows of the table `events`.

use durable_runtime::wire::{SubType, Timestamp};
use rusqlite::Row;

use super::{
    operation_row::OperationRow,
    rows::{BadRow, count, from_json, integer, to_json},
};
use crate::core::{Event, EventDetails};

/// An event, with a field for each column.
pub(super) struct EventRow {
    pub(super) event_id: i64,
    pub(super) kind: Option<&'static str>,
    pub(super) at: i64,
    pub(super) operation_id: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) sub_type: Option<String>,
    pub(super) details: String,
}

impl EventRow {
    pub(super) fn new(event: Event) -> Result<Self, String> {
        let kind = Some(event.event_type());
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
        Ok(Self {
            event_id: integer(event_id, "event id")?,
            kind,
            at: event_timestamp.as_millis(),
            operation_id: id,
            parent_id,
            name,
            sub_type: sub_type.map(|sub_type| sub_type.as_str().to_owned()),
            details: to_json(&details, "the event")?,
        })
    }

    /// About how much the row weighs, in bytes.
    pub(super) fn bytes(&self) -> usize {
        64 + self.details.len()
    }

    /// Whether it is about this operation, and says nothing of it that its row doesn't.
    fn is_of(&self, operation: &OperationRow) -> bool {
        self.operation_id.as_deref() == Some(&*operation.id)
            && self.parent_id == operation.parent_id
            && self.name == operation.name
            && self.sub_type == operation.sub_type
    }

    pub(super) fn details_len(&self) -> usize {
        self.details.len()
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            event_id: row.get("event_id")?,
            // The details say it too.
            kind: None,
            at: row.get("at")?,
            operation_id: row.get("operation_id")?,
            parent_id: row.get("parent_id")?,
            name: row.get("name")?,
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

/// Events as the text that stands in the row of an operation that was created with them; see `v3.sql`.
pub(super) fn in_row(events: &[EventRow], operation: &OperationRow) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(events.iter().map(EventRow::bytes).sum());
    for (number, event) in events.iter().enumerate() {
        text.push(if number == 0 { '[' } else { ',' });
        // Writing into a string can't fail.
        let _ = write!(text, "[{},{},{}", event.event_id, event.at, event.details);
        if !event.is_of(operation) {
            for part in [
                &event.operation_id,
                &event.parent_id,
                &event.name,
                &event.sub_type,
            ] {
                let part = part.as_deref().map_or(serde_json::Value::Null, Into::into);
                let _ = write!(text, ",{part}");
            }
        }
        text.push(']');
    }
    text.push(']');
    text
}
