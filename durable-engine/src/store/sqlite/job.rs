//! What the connection that writes is asked to do.

use durable_runtime::wire::Timestamp;
use tokio::sync::oneshot;

use super::commit_rows::CommitRows;
use crate::store::{Created, StoreError};

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

/// What a committer may write on its own thread, in bytes.
const SMALL: usize = 64 * 1024;

impl Job {
    /// Whether it is a commit that is written in no time.
    pub(super) fn is_small_commit(&self) -> bool {
        match self {
            Self::Create(rows, _) | Self::Commit(rows, _) => rows.bytes() <= SMALL,
            Self::Delete(..) | Self::Sweep(..) | Self::Settings(_) => false,
        }
    }
}

/// A commit of the group, and what became of it so far.
pub(super) struct Member {
    pub(super) rows: CommitRows,
    pub(super) reply: Reply,
    pub(super) outcome: Result<Created, StoreError>,
}

/// Whom to tell.
pub(super) enum Reply {
    Create(Answer<Created>),
    Commit(Answer<()>),
}

impl Member {
    /// The commit of a job that is one.
    #[expect(
        clippy::result_large_err,
        reason = "both are on their way to somewhere else, and neither is an error"
    )]
    pub(super) fn of(job: Job) -> Result<Self, Job> {
        let (rows, reply) = match job {
            Job::Create(rows, answer) => (rows, Reply::Create(answer)),
            Job::Commit(rows, answer) => (rows, Reply::Commit(answer)),
            other => return Err(other),
        };
        Ok(Self {
            rows,
            reply,
            outcome: Ok(Created::New),
        })
    }

    /// The job again, to be done another time.
    pub(super) fn into_job(self) -> Job {
        match self.reply {
            Reply::Create(answer) => Job::Create(self.rows, answer),
            Reply::Commit(answer) => Job::Commit(self.rows, answer),
        }
    }
}
