//! Where executions are written, as far as the connection that writes has to know.

use std::{collections::HashMap, sync::Arc};

use rusqlite::Connection;

use super::{commit_rows::CommitRows, rows};

/// Where open executions are, so that a commit finds its own without a search by ARN. The connection that this stands beside is the only one
/// that writes, so nothing but itself can make an entry wrong.
#[derive(Default)]
pub(super) struct Known(HashMap<Arc<str>, Place>);

/// Where an execution is written.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Its row.
    pub(super) number: i64,
    /// Its last event.
    pub(super) last_event: i64,
}

/// How many open executions are remembered, at most: some megabytes.
const REMEMBERED: usize = 100_000;

impl Known {
    pub(super) fn get(&self, arn: &str) -> Option<Place> {
        self.0.get(arn).copied()
    }

    pub(super) fn note(&mut self, rows: &CommitRows, place: Place) {
        let arn = &rows.record.arn;
        if rows.record.has_ended() {
            self.0.remove(arn);
        } else if let Some(known) = self.0.get_mut(arn) {
            *known = place;
        } else {
            if self.0.len() >= REMEMBERED {
                // Those that still write are found again.
                self.0.clear();
            }
            self.0.insert(Arc::clone(arn), place);
        }
    }

    /// This one is removed.
    pub(super) fn remove(&mut self, arn: &str) {
        self.0.remove(arn);
    }

    /// Rows were taken back.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// Where an execution is that nothing is known of yet.
pub(super) fn find(connection: &Connection, arn: &str) -> Result<Option<Place>, rusqlite::Error> {
    let Some(number) = rows::row_of(connection, arn)? else {
        return Ok(None);
    };
    let last_event = connection
        .prepare_cached(
            "SELECT max(ifnull((SELECT max(event_id) FROM events WHERE execution = ?1), 0),
                        ifnull((SELECT events -> '$[#-1]' ->> 0 FROM operations
                                 WHERE execution = ?1 AND events IS NOT NULL ORDER BY seq DESC LIMIT 1), 0))",
        )?
        .query_row([number], |row| row.get(0))?;
    Ok(Some(Place { number, last_event }))
}
