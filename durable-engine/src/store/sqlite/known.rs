//! Where executions are written, as far as the connection that writes has to know.

use std::{borrow::Cow, sync::Arc};

use foldhash::HashMap;
use rusqlite::Connection;

use super::{
    commit_rows::CommitRows,
    rows::{self, RecordRow},
};

/// Where open executions are, so that a commit finds its own without a search by ARN. The connection that this stands beside is the only one
/// that writes, so nothing but itself can make an entry wrong.
#[derive(Default)]
pub(super) struct Known(HashMap<Arc<str>, Place>);

/// Where an execution is written.
#[derive(Clone)]
pub(super) struct Place {
    /// Its row.
    pub(super) number: i64,
    /// Its last event.
    pub(super) last_event: i64,
    /// What its row says, when that was written since the database was opened.
    pub(super) written: Option<Arc<Written>>,
}

/// What can change in the row of an open execution, and of its state what tells a later one.
pub(super) struct Written {
    status: Cow<'static, str>,
    invoke_at: Option<i64>,
    invocation: Option<String>,
    next_event_id: u64,
}

impl Written {
    /// What this record's row will say. Nothing is remembered of a row with more to it, which is that of an execution about to end.
    pub(super) fn of(record: &RecordRow) -> Option<Arc<Self>> {
        record.is_plain().then(|| {
            Arc::new(Self {
                status: record.status.clone(),
                invoke_at: record.invoke_at,
                invocation: record.invocation.clone(),
                next_event_id: record.next_event_id,
            })
        })
    }

    /// Whether a row that says this needs nothing but a later state to be this record's.
    pub(super) fn is_all_of(&self, record: &RecordRow) -> bool {
        record.is_plain()
            && self.status == record.status
            && self.invoke_at == record.invoke_at
            && self.invocation == record.invocation
            && self.next_event_id < record.next_event_id
    }
}

/// How many open executions are remembered, at most: some tens of megabytes.
const REMEMBERED: usize = 100_000;

impl Known {
    pub(super) fn get(&self, arn: &str) -> Option<Place> {
        self.0.get(arn).cloned()
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
    Ok(Some(Place {
        number,
        last_event,
        written: None,
    }))
}
