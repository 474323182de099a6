//! What writing one commit comes to, inside the transaction of its group.

use super::{
    failure::{classify, is_constraint},
    job::{Member, Reply},
    known::{Known, Place, Written, find},
    rows,
    statements::{Beside, Statements},
};
use crate::store::{Created, StoreError};

/// The most events that stand in an operation's row. Reading any of them reads all of them.
const MOST_IN_ROW: usize = 16;

/// The most bytes of them.
const MOST_BYTES_IN_ROW: usize = 8 * 1024;

/// The most bytes of an operation in whose row a state stands: it comes behind all else there, and whoever reads it reads past that.
const MOST_BEFORE_STATE: usize = 2 * 1024;

/// Why one commit could not be applied.
pub(super) enum Refusal {
    Store(StoreError),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Refusal {
    pub(super) fn of(self, member: &Member, path: &std::path::Path) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Sql(error) if is_constraint(&error) => StoreError::Conflict {
                arn: member.rows.record.arn.to_string(),
                store: path.display().to_string(),
                detail: error.to_string(),
            },
            Self::Sql(error) => classify(path, "writing", error),
        }
    }
}

/// Writes one commit.
pub(super) fn apply(
    statements: &mut Statements<'_>,
    known: &mut Known,
    member: &Member,
) -> Result<Created, Refusal> {
    let rows = &member.rows;
    let refused = |detail| {
        Refusal::Store(StoreError::Conflict {
            arn: rows.record.arn.to_string(),
            store: rows.path.display().to_string(),
            detail,
        })
    };
    let unknown = || {
        Refusal::Store(StoreError::UnknownExecution {
            arn: rows.record.arn.to_string(),
            store: rows.path.display().to_string(),
        })
    };
    let mut place = match member.reply {
        Reply::Create(_) => match statements.insert_execution(&rows.record)? {
            Some(number) => Place {
                number,
                last_event: 0,
                written: Written::of(&rows.record),
            },
            None => {
                let existing = rows::find_execution(
                    statements.connection(),
                    &rows.record.workflow,
                    &rows.record.name,
                )?;
                let (_, existing) = existing.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
                let record = existing
                    .into_record()
                    .map_err(|bad| Refusal::Store(bad.at(&rows.path)))?;
                return Ok(Created::Existing(Box::new(record)));
            }
        },
        Reply::Commit(_) => match known.get(&rows.record.arn) {
            Some(place) => place,
            None => find(statements.connection(), &rows.record.arn)?.ok_or_else(unknown)?,
        },
    };
    for event in &rows.events.rows {
        // A gap is what a commit that failed leaves where it was not noticed.
        if event.event_id != place.last_event.saturating_add(1) {
            return Err(refused(format!(
                "event number {} comes after number {}",
                event.event_id, place.last_event
            )));
        }
        place.last_event = event.event_id;
    }
    let execution = place.number;
    // Of one commit all events stand together: with its first operation, when that is new.
    let mut events = rows.events.rows.as_slice();
    // A row of which nothing but the state would change is left alone, and the state stands with the last operation, when that is new.
    let is_new = matches!(member.reply, Reply::Create(_));
    let mut state = place
        .written
        .as_ref()
        .is_some_and(|written| !is_new && written.is_all_of(&rows.record))
        .then_some(rows.record.state.as_str());
    let mut is_written = is_new;
    let last = rows.operations.iter().map(|operation| operation.seq).max();
    for (number, operation) in rows.operations.iter().enumerate() {
        // What is open will be written again, and would take them along.
        let with_events = number == 0
            && operation.ended.is_some()
            && (1..=MOST_IN_ROW).contains(&events.len())
            && rows.events.text.len() <= MOST_BYTES_IN_ROW;
        let beside = Beside {
            events: with_events.then_some(rows.events.text.as_str()),
            state: state.take_if(|_| {
                Some(operation.seq) == last
                    && operation.ended.is_some()
                    && operation.bytes() <= MOST_BEFORE_STATE
            }),
        };
        if statements.insert_operation(execution, operation, beside)? {
            is_written |= beside.state.is_some();
            if with_events {
                events = &[];
            }
        } else if !statements.update_operation(execution, operation)? {
            return Err(refused(format!(
                "operation number {} is not {} there",
                operation.seq, operation.id
            )));
        }
    }
    for event in events {
        let details = rows.events.details(event);
        statements.insert_event(execution, event, details)?;
    }
    if !is_written {
        if !statements.update_execution(execution, &rows.record)? {
            return Err(match find(statements.connection(), &rows.record.arn)? {
                Some(_) => refused("it has ended".to_owned()),
                None => unknown(),
            });
        }
        place.written = Written::of(&rows.record);
    }
    known.note(rows, place);
    Ok(Created::New)
}
