//! The history of an execution, out of the two places where its events are: rows of `events`, and the rows of the operations that were created by the commit
//! that the events are of. Both are read in the order of event ids, a row at a time.

use std::{collections::VecDeque, iter::Peekable};

use rusqlite::{Connection, OptionalExtension, Rows, params};
use serde_json::value::RawValue;

use super::{
    event_row::EventRow,
    reader::ReadError,
    rows::{BadRow, name_of},
};
use crate::{core::Event, store::EventRange};

pub(super) fn events(
    connection: &Connection,
    execution: i64,
    range: EventRange,
) -> Result<Vec<Event>, ReadError> {
    let EventRange {
        from,
        newest_first,
        limit,
        max_bytes,
    } = range;
    let from = from.map(|from| i64::try_from(from).unwrap_or(i64::MAX));
    let (own, created, end) = if newest_first {
        (
            "SELECT * FROM events WHERE execution = ?1 AND event_id <= ?2 ORDER BY event_id DESC",
            "SELECT seq, id, parent_id, name, sub_type, events FROM operations
              WHERE execution = ?1 AND seq <= ?2 AND events IS NOT NULL ORDER BY seq DESC",
            i64::MAX,
        )
    } else {
        (
            "SELECT * FROM events WHERE execution = ?1 AND event_id >= ?2 ORDER BY event_id",
            "SELECT seq, id, parent_id, name, sub_type, events FROM operations
              WHERE execution = ?1 AND seq >= ?2 AND events IS NOT NULL ORDER BY seq",
            0,
        )
    };
    let first = from.unwrap_or(end);
    let seq = match from {
        Some(from) => operation_before(connection, execution, from)?,
        None => None,
    };
    let mut own = connection.prepare_cached(own)?;
    let own = own.query(params![execution, first])?;
    let mut created = connection.prepare_cached(created)?;
    // Without one that begins before, there is nothing to read backwards.
    let seq = seq.unwrap_or(if newest_first && from.is_some() {
        -1
    } else {
        end
    });
    let created = created.query(params![execution, seq])?;
    let mut own = Own(own).peekable();
    let mut created = Created {
        rows: created,
        newest_first,
        ready: VecDeque::new(),
    }
    .skip_while(|row| match row {
        Ok(row) if newest_first => row.event_id > first,
        Ok(row) => row.event_id < first,
        Err(_) => false,
    })
    .peekable();
    let (mut events, mut bytes) = (Vec::new(), 0_usize);
    while events.len() < limit
        && bytes < max_bytes
        && let Some(row) = next(&mut own, &mut created, newest_first)
    {
        let row = row?;
        bytes = bytes.saturating_add(row.details_len());
        events.push(row.into_event()?);
    }
    Ok(events)
}

type Read = Result<EventRow, ReadError>;

/// The next of two sources that are in order.
fn next(
    own: &mut Peekable<impl Iterator<Item = Read>>,
    created: &mut Peekable<impl Iterator<Item = Read>>,
    newest_first: bool,
) -> Option<Read> {
    match (own.peek(), created.peek()) {
        (Some(Ok(one)), Some(Ok(other))) if (one.event_id < other.event_id) == newest_first => {
            created.next()
        }
        // An error comes before what is in order.
        (Some(Ok(_)) | None, Some(Err(_))) | (None, Some(Ok(_))) => created.next(),
        _ => own.next(),
    }
}

/// Rows of `events`.
struct Own<'s>(Rows<'s>);

impl Iterator for Own<'_> {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        match self.0.next() {
            Ok(row) => row.map(|row| Ok(EventRow::read(row)?)),
            Err(error) => Some(Err(error.into())),
        }
    }
}

/// What is in the rows of operations.
struct Created<'s> {
    rows: Rows<'s>,
    newest_first: bool,
    ready: VecDeque<EventRow>,
}

impl Iterator for Created<'_> {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        while self.ready.is_empty() {
            let read = || -> Result<Option<VecDeque<EventRow>>, ReadError> {
                let Some(row) = self.rows.next()? else {
                    return Ok(None);
                };
                let text: String = row.get("events")?;
                let id: String = row.get("id")?;
                let bad = |problem: String| BadRow {
                    place: format!("table operations, id {id}"),
                    problem: format!("column events: {problem}"),
                };
                let parts: Vec<Vec<&RawValue>> =
                    serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
                let mut ready = VecDeque::with_capacity(parts.len());
                for part in parts {
                    let mut event = read_part(&part).map_err(bad)?;
                    if part.len() == WITHOUT_OPERATION {
                        event.operation_id = Some(id.clone());
                        event.parent_id = row.get("parent_id")?;
                        event.name = name_of(row)?;
                        event.sub_type = row.get("sub_type")?;
                    }
                    ready.push_back(event);
                }
                Ok(Some(ready))
            };
            match { read }() {
                Ok(Some(ready)) => self.ready = ready,
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        let next = if self.newest_first {
            self.ready.pop_back()
        } else {
            self.ready.pop_front()
        };
        next.map(Ok)
    }
}

/// The parts of an event that is about the operation in whose row it is.
const WITHOUT_OPERATION: usize = 3;

fn read_part(part: &[&RawValue]) -> Result<EventRow, String> {
    fn of<T: serde::de::DeserializeOwned>(part: &[&RawValue], at: usize) -> Result<T, String> {
        let text = part.get(at).map_or("null", |value| value.get());
        serde_json::from_str(text).map_err(|error| format!("part {at} of an event: {error}"))
    }
    Ok(EventRow {
        event_id: of(part, 0)?,
        at: of(part, 1)?,
        details: part.get(2).map_or("null", |value| value.get()).to_owned(),
        operation_id: of(part, 3)?,
        parent_id: of(part, 4)?,
        name: of(part, 5)?,
        sub_type: of(part, 6)?,
    })
}

/// The number of the last operation whose events begin at or before this event, as far as operations have any. Their events rise with their numbers, so it is
/// searched for by halves. A half in which no operation has events is walked through once: waits have none, nor has what version 2 wrote.
fn operation_before(
    connection: &Connection,
    execution: i64,
    event: i64,
) -> rusqlite::Result<Option<i64>> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(seq) FROM operations WHERE execution = ?1")?
        .query_row([execution], |row| row.get(0))?;
    let mut probe = connection.prepare_cached(
        "SELECT seq, events -> 0 ->> 0 FROM operations
          WHERE execution = ?1 AND seq BETWEEN ?2 AND ?3 AND events IS NOT NULL ORDER BY seq DESC LIMIT 1",
    )?;
    let (mut low, mut high, mut found) = (0, last.unwrap_or(-1), None);
    while low <= high {
        let middle = low + (high - low) / 2;
        let there: Option<(i64, i64)> = probe
            .query_row(params![execution, low, middle], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        match there {
            Some((seq, first)) if first <= event => {
                found = Some(seq);
                low = middle + 1;
            }
            // What is below may begin early enough.
            Some((seq, _)) => high = seq - 1,
            // What was found below this stays the last one, unless there is one above.
            None => low = middle + 1,
        }
    }
    Ok(found)
}
