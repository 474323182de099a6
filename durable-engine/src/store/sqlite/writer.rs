//! The thread that writes: everything that waits becomes one transaction.
//!
//! While one transaction is being made durable the next commits queue up, and together they are the next transaction.
//! So a lone committer pays for its own fsync, and a thousand share one; nobody waits for a timer, and everybody is
//! answered after the fsync of the transaction it is in.

use std::{path::PathBuf, sync::mpsc::Receiver};

use durable_runtime::wire::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::{
    commit_rows::CommitRows,
    event_row::insert_event,
    failure::{classify, is_constraint},
    operation_row::put_operation,
    rows,
};
use crate::store::{Created, SWEEP_MAX, StoreError};

/// The most commits one transaction takes. Bounds how long the first of a group waits for the last.
const LARGEST_GROUP: usize = 1_024;

/// The bytes of payload after which a group takes no further commit. Bounds what one transaction keeps in memory.
const LARGEST_GROUP_BYTES: usize = 32 * 1024 * 1024;

pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do.
pub(super) enum Job {
    Create(CommitRows, Answer<Created>),
    Commit(CommitRows, Answer<()>),
    Delete(String, Answer<bool>),
    Sweep(Timestamp, Answer<Option<Timestamp>>),
    Settings(Answer<WriterSettings>),
}

/// How the connection that writes is set, as SQLite reports it: what the durability of a commit rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriterSettings {
    /// `PRAGMA journal_mode`: `wal`.
    pub journal_mode: String,
    /// `PRAGMA synchronous`: 2, which is FULL.
    pub synchronous: i64,
    /// `PRAGMA foreign_keys`: on.
    pub foreign_keys: bool,
    /// `PRAGMA application_id`: marks the file as ours.
    pub application_id: i64,
    /// `PRAGMA user_version`: the schema version.
    pub schema_version: i64,
}

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) jobs: Receiver<Job>,
}

/// A commit of the group, and what became of it so far.
struct Member {
    rows: CommitRows,
    reply: Reply,
    outcome: Result<Created, StoreError>,
}

enum Reply {
    Create(Answer<Created>),
    Commit(Answer<()>),
}

impl Writer {
    /// Works until every sender is gone and the queue is empty.
    pub(super) fn run(mut self) {
        let mut held = None;
        while let Some(first) = held.take().or_else(|| self.jobs.recv().ok()) {
            let mut group = Vec::new();
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(job) = next {
                let (rows, reply) = match job {
                    Job::Create(rows, answer) => (rows, Reply::Create(answer)),
                    Job::Commit(rows, answer) => (rows, Reply::Commit(answer)),
                    // After the commits before it, and before those after it.
                    job @ (Job::Delete(..) | Job::Sweep(..)) if !group.is_empty() => {
                        held = Some(job);
                        break;
                    }
                    Job::Delete(arn, answer) => {
                        let _ = answer.send(self.delete(&arn));
                        next = self.jobs.try_recv().ok();
                        continue;
                    }
                    Job::Sweep(now, answer) => {
                        let _ = answer.send(self.sweep(now));
                        next = self.jobs.try_recv().ok();
                        continue;
                    }
                    Job::Settings(answer) => {
                        // Whoever asked may have gone.
                        let _ = answer.send(self.settings());
                        next = self.jobs.try_recv().ok();
                        continue;
                    }
                };
                bytes += rows.bytes();
                group.push(Member {
                    rows,
                    reply,
                    outcome: Ok(Created::New),
                });
                let full = group.len() >= LARGEST_GROUP || bytes >= LARGEST_GROUP_BYTES;
                next = if full {
                    None
                } else {
                    self.jobs.try_recv().ok()
                };
            }
            if group.is_empty() {
                continue;
            }
            if let Err(error) = self.write(&mut group) {
                for member in &mut group {
                    // A commit that was refused for itself keeps its own reason.
                    if member.outcome.is_ok() {
                        member.outcome = Err(error.clone());
                    }
                }
            }
            for member in group {
                // A caller that stopped waiting does not take its commit back.
                match member.reply {
                    Reply::Create(answer) => drop(answer.send(member.outcome)),
                    Reply::Commit(answer) => drop(answer.send(member.outcome.map(|_| ()))),
                }
            }
        }
    }

    /// Writes a group in one transaction. An error is everybody's and means that nothing of the group is stored; what is
    /// wrong with one commit only is left in its `outcome`, and the others are stored.
    fn write(&mut self, group: &mut [Member]) -> Result<(), StoreError> {
        let path = &self.path;
        let failed = |error| classify(path, "writing", error);
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let alone = group.len() == 1;
        for member in group {
            let applied = if alone {
                // Its own transaction is all the protection it needs.
                apply(&transaction, member)
            } else {
                let savepoint = transaction.savepoint().map_err(failed)?;
                match apply(&savepoint, member) {
                    Ok(created) => savepoint.commit().map(|()| created).map_err(Refusal::Sql),
                    // Dropping the savepoint takes back what was applied of this commit.
                    Err(refusal) => Err(refusal),
                }
            };
            match applied {
                Ok(created) => member.outcome = Ok(created),
                // SQLite gives the whole transaction up when it has no room or cannot write; then all of it is lost.
                Err(Refusal::Sql(error)) if transaction.is_autocommit() => {
                    return Err(failed(error));
                }
                Err(refusal) => {
                    member.outcome = Err(match refusal {
                        Refusal::Store(error) => error,
                        Refusal::Sql(error) if is_constraint(&error) => StoreError::Conflict {
                            arn: member.rows.record.arn.to_string(),
                            store: path.display().to_string(),
                            detail: error.to_string(),
                        },
                        Refusal::Sql(error) => failed(error),
                    });
                    if alone {
                        return Ok(()); // dropping the transaction takes everything back
                    }
                }
            }
        }
        transaction.commit().map_err(failed)
    }

    /// Removes an execution; what belongs to it goes with it.
    fn delete(&self, arn: &str) -> Result<bool, StoreError> {
        let removed = self
            .connection
            .prepare_cached("DELETE FROM executions WHERE arn = ?1")
            .and_then(|mut delete| delete.execute([arn]));
        removed
            .map(|removed| removed > 0)
            .map_err(|error| classify(&self.path, "writing", error))
    }

    /// Removes what is past its time, and says when there is something to remove next.
    fn sweep(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let sweep = || {
            let next = || {
                self.connection
                    .prepare_cached(
                        "SELECT min(delete_at) FROM executions WHERE delete_at IS NOT NULL",
                    )?
                    .query_row([], |row| row.get::<_, Option<i64>>(0))
            };
            let now = now.as_millis();
            if next()?.is_some_and(|at| at <= now) {
                self.connection
                    .prepare_cached(
                        "DELETE FROM executions WHERE id IN
                            (SELECT id FROM executions WHERE delete_at <= ?1 ORDER BY delete_at LIMIT ?2)",
                    )?
                    .execute(params![now, SWEEP_MAX as i64])?;
            }
            next()
        };
        let next = sweep().map_err(|error| classify(&self.path, "writing", error))?;
        Ok(next.map(Timestamp::from_millis))
    }

    fn settings(&self) -> Result<WriterSettings, StoreError> {
        let number = |name| {
            self.connection
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
        };
        let read = || {
            Ok(WriterSettings {
                journal_mode: self
                    .connection
                    .pragma_query_value(None, "journal_mode", |row| row.get(0))?,
                synchronous: number("synchronous")?,
                foreign_keys: number("foreign_keys")? != 0,
                application_id: number("application_id")?,
                schema_version: number("user_version")?,
            })
        };
        read().map_err(|error| classify(&self.path, "reading", error))
    }
}

/// Why one commit could not be applied.
enum Refusal {
    Store(StoreError),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

fn apply(connection: &Connection, member: &Member) -> Result<Created, Refusal> {
    let rows = &member.rows;
    let execution = match member.reply {
        Reply::Create(_) => match rows::insert_execution(connection, &rows.record)? {
            Some(execution) => execution,
            None => {
                let existing =
                    rows::find_execution(connection, &rows.record.workflow, &rows.record.name)?;
                let (_, existing) = existing.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
                let record = existing
                    .into_record()
                    .map_err(|bad| Refusal::Store(bad.at(&rows.path)))?;
                return Ok(Created::Existing(Box::new(record)));
            }
        },
        Reply::Commit(_) => rows::update_execution(connection, &rows.record)?.ok_or_else(|| {
            Refusal::Store(StoreError::UnknownExecution {
                arn: rows.record.arn.to_string(),
                store: rows.path.display().to_string(),
            })
        })?,
    };
    for operation in &rows.operations {
        if !put_operation(connection, execution, operation)? {
            return Err(Refusal::Store(StoreError::Conflict {
                arn: rows.record.arn.to_string(),
                store: rows.path.display().to_string(),
                detail: format!(
                    "operation number {} is not {} there",
                    operation.seq, operation.id
                ),
            }));
        }
    }
    for event in &rows.events {
        insert_event(connection, execution, event)?;
    }
    Ok(Created::New)
}
