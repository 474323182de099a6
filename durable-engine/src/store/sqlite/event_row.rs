//! Rows of the table `events`.

use durable_runtime::wire::{SubType, Timestamp};
use rusqlite::{Connection, Row, params};

use super::rows::{BadRow, count, from_json, integer, to_json};
use crate::core::{Event, EventDetails};

/// An event, with a field for each column.
pub(super) struct EventRow {
    event_id: i64,
    kind: Option<&'static str>,
    at: i64,
    operation_id: Option<String>,
    parent_id: Option<String>,
    name: Option<String>,
    sub_type: Option<String>,
    details: String,
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
        let place = || format!("table events, event_id {}", self.event_id);
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

/// Appends an event; an id that is there already is a constraint violation.
pub(super) fn insert_event(
    connection: &Connection,
    execution: i64,
    row: &EventRow,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO events (execution, event_id, type, at, operation_id, parent_id, name, sub_type, details)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            execution, row.event_id, row.kind, row.at, row.operation_id, row.parent_id, row.name, row.sub_type,
            row.details
        ])?;
    Ok(())
}
