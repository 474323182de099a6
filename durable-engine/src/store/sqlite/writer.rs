//! Writes what has queued up: a group of commits becomes one transaction.

use std::{path::PathBuf, time::Duration, vec};

use super::{
    apply::{Refusal, apply},
    failure::{BUSY_TIMEOUT, classify},
    job::{Job, Member, Reply, WriterSettings},
    known::Known,
    statements::Statements,
};
use crate::store::{Created, LOOK_AGAIN, SWEEP_MAX, StoreError};
use durable_runtime::wire::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// The most commits one transaction takes. Bounds how long the first of a group waits for the last.
const LARGEST_GROUP: usize = 1_024;

/// The bytes of payload after which a group takes no further commit. Bounds what one transaction keeps in memory.
const LARGEST_GROUP_BYTES: usize = 32 * 1024 * 1024;

/// About how many pages of the log a commit takes besides its payloads.
const PAGES_EACH: usize = 4;

/// The bytes of a page, SQLite's own default.
const PAGE: usize = 4_096;

/// Whether an open operation of an open execution waits for the end of an execution.
const AWAITED: &str = "EXISTS (SELECT 1 FROM executions AS caller JOIN operations AS call ON call.execution = caller.id
     WHERE caller.arn = executions.origin ->> '$.invoked_by.arn' AND caller.ended_at IS NULL
       AND call.id = executions.origin ->> '$.invoked_by.operation' AND call.ended_at IS NULL)";

pub(super) struct Writer {
    connection: Connection,
    path: PathBuf,
    known: Known,
    /// About how many pages of the log commits have taken since somebody asked.
    pages: u32,
}

impl Writer {
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        Self {
            connection,
            path,
            known: Known::default(),
            pages: 0,
        }
    }

    /// About how many pages commits have taken since this was last asked.
    pub(super) fn take_pages(&mut self) -> u32 {
        std::mem::take(&mut self.pages)
    }

    /// Writes a commit without waiting for another program that writes: then it is given back, and nothing has happened.
    pub(super) fn run_now(&mut self, job: Job) -> Option<Job> {
        let mut member = match Member::of(job) {
            Ok(member) => member,
            Err(job) => return Some(job),
        };
        // Neither can fail on an open connection; if it did, the wait would be the usual one.
        let _ = self.connection.busy_timeout(Duration::ZERO);
        let written = self.write(std::slice::from_mut(&mut member));
        let _ = self.connection.busy_timeout(BUSY_TIMEOUT);
        if let Err(StoreError::Busy { .. }) = written {
            self.known.forget();
            return Some(member.into_job());
        }
        self.answer(vec![member], written);
        None
    }

    /// Carries out jobs in their order, commits that stand beside each other as one transaction.
    pub(super) fn run(&mut self, jobs: Vec<Job>) {
        let mut jobs = jobs.into_iter();
        while let Some(job) = self.group(&mut jobs) {
            match job {
                Job::Delete(arn, answer) => drop(answer.send(self.delete(&arn))),
                Job::Sweep(now, answer) => drop(answer.send(self.sweep(now))),
                Job::Settings(answer) => drop(answer.send(self.settings())),
                // The group takes these.
                Job::Create(..) | Job::Commit(..) => {}
            }
        }
    }

    /// Writes the commits that come next, in groups, and gives back the first job that is none.
    fn group(&mut self, jobs: &mut vec::IntoIter<Job>) -> Option<Job> {
        loop {
            let mut group = Vec::new();
            let mut bytes = 0;
            let mut other = None;
            while group.len() < LARGEST_GROUP && bytes < LARGEST_GROUP_BYTES {
                match jobs.next().map(Member::of) {
                    Some(Ok(member)) => {
                        bytes += member.rows.bytes();
                        group.push(member);
                    }
                    Some(Err(job)) => {
                        other = Some(job);
                        break;
                    }
                    None => break,
                }
            }
            if group.is_empty() {
                return other;
            }
            let written = self.write(&mut group);
            self.answer(group, written);
            if other.is_some() {
                return other;
            }
        }
    }

    /// Tells everybody what became of their commit.
    fn answer(&mut self, mut group: Vec<Member>, written: Result<(), StoreError>) {
        let bytes: usize = group.iter().map(|member| member.rows.bytes()).sum();
        let pages = PAGES_EACH.saturating_mul(group.len()) + bytes / PAGE;
        self.pages = self
            .pages
            .saturating_add(u32::try_from(pages).unwrap_or(u32::MAX));
        if let Err(error) = written {
            self.known.forget();
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

    /// Writes a group in one transaction. An error is everybody's and means that nothing of the group is stored; what is
    /// wrong with one commit only is left in its `outcome`, and the others are stored.
    fn write(&mut self, group: &mut [Member]) -> Result<(), StoreError> {
        if self.write_together(group)? {
            return Ok(());
        }
        self.known.forget();
        match group {
            // Its own transaction was all the protection it needed.
            [_] => Ok(()),
            _ => {
                for member in &mut *group {
                    member.outcome = Ok(Created::New);
                }
                self.write_apart(group)
            }
        }
    }

    /// Writes a group as if nothing were wrong with any commit of it. When something is, nothing is stored, its reason is in the commit's outcome, and this
    /// gives false. Protecting each commit from the others would cost as much as writing it, and hardly ever matters.
    fn write_together(&mut self, group: &mut [Member]) -> Result<bool, StoreError> {
        let Self {
            connection,
            path,
            known,
            ..
        } = self;
        let failed = |error| classify(path, "writing", error);
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let mut statements = Statements::of(&transaction);
        for member in &mut *group {
            match apply(&mut statements, known, member) {
                Ok(created) => member.outcome = Ok(created),
                // SQLite gives the whole transaction up when it has no room or cannot write; then all of it is lost.
                Err(Refusal::Sql(error)) if transaction.is_autocommit() => {
                    return Err(failed(error));
                }
                Err(refusal) => {
                    member.outcome = Err(refusal.of(member, path));
                    return Ok(false); // dropping the transaction takes everything back
                }
            }
        }
        drop(statements);
        transaction.commit().map_err(failed)?;
        Ok(true)
    }

    /// Writes a group with each commit in a savepoint, so that what is wrong with one takes back that one.
    fn write_apart(&mut self, group: &mut [Member]) -> Result<(), StoreError> {
        let path = &self.path;
        let failed = |error| classify(path, "writing", error);
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        for member in group {
            let savepoint = transaction.savepoint().map_err(failed)?;
            // Nothing is remembered of what may be taken back.
            let mut nothing = Known::default();
            let applied = apply(&mut Statements::of(&savepoint), &mut nothing, member);
            let applied = match applied {
                Ok(created) => savepoint.commit().map(|()| created).map_err(Refusal::Sql),
                // Dropping the savepoint takes back what was applied of this commit.
                Err(refusal) => {
                    drop(savepoint);
                    Err(refusal)
                }
            };
            match applied {
                Ok(created) => member.outcome = Ok(created),
                Err(Refusal::Sql(error)) if transaction.is_autocommit() => {
                    return Err(failed(error));
                }
                Err(refusal) => member.outcome = Err(refusal.of(member, path)),
            }
        }
        transaction.commit().map_err(failed)
    }

    /// Copies the log into the database as far as readers let it. If that fails, SQLite tries it again by itself.
    pub(super) fn checkpoint(&self) {
        let copied = self
            .connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = copied {
            tracing::debug!(%error, "the write-ahead log could not be copied now");
        }
    }

    /// Removes an execution; what belongs to it goes with it.
    fn delete(&mut self, arn: &str) -> Result<bool, StoreError> {
        self.known.remove(arn);
        let removed = self
            .connection
            .prepare_cached("DELETE FROM executions WHERE arn = ?1")
            .and_then(|mut delete| delete.execute([arn]));
        removed
            .map(|removed| removed > 0)
            .map_err(|error| classify(&self.path, "writing", error))
    }

    /// Removes what is past its time, and says when there is something to remove next.
    fn sweep(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        // Nothing is remembered of what has ended.
        let sweep = || {
            let next = || {
                self.connection
                    .prepare_cached(&format!(
                        "SELECT delete_at FROM executions WHERE delete_at IS NOT NULL AND NOT {AWAITED}
                          ORDER BY delete_at LIMIT 1"
                    ))?
                    .query_row([], |row| row.get::<_, i64>(0))
                    .optional()
            };
            let now = now.as_millis();
            if next()?.is_some_and(|at| at <= now) {
                self.connection
                    .prepare_cached(&format!(
                        "DELETE FROM executions WHERE id IN
                            (SELECT id FROM executions WHERE delete_at <= ?1 AND NOT {AWAITED} ORDER BY delete_at LIMIT ?2)"
                    ))?
                    .execute(params![now, SWEEP_MAX as i64])?;
            }
            let kept = self
                .connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM executions WHERE delete_at <= ?1)")?
                .query_row([now], |row| row.get::<_, bool>(0))?;
            let again = kept.then_some(now.saturating_add(LOOK_AGAIN.as_millis() as i64));
            Ok(next()?.into_iter().chain(again).min())
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
