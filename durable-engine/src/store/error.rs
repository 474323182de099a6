//! What can go wrong with a store, for whoever reads it at 3 a.m.: the file, what is wrong, and the way out.

use std::{error::Error, path::PathBuf, sync::Arc};

/// The error underneath a [`StoreError`]. Shared, because one failing write can be the answer to many commits.
pub type Cause = Arc<dyn Error + Send + Sync + 'static>;

/// Why a store could not be opened, read or written.
///
/// Nothing that was stored before is changed by any of these: opening checks before it writes, and a commit is applied
/// whole or not at all.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Opening: the folder the file should be in doesn't exist. It is not created, since a typing error in a path would
    /// otherwise start an empty database.
    #[error(
        "cannot open the database {}: the folder {} does not exist; create it, or give another path",
        path.display(), directory.display()
    )]
    MissingDirectory {
        /// The database as asked for.
        path: PathBuf,
        /// The folder that is missing.
        directory: PathBuf,
    },

    /// Reading: there is no such file. Only an engine makes one.
    #[error(
        "there is no database {}; give the path an engine was started with",
        path.display()
    )]
    NotFound {
        /// The database as asked for.
        path: PathBuf,
    },

    /// Reading: the file, or what SQLite keeps beside it, can't be read.
    #[error(
        "cannot read the database {}: {source}; give the user running this read access to the file and to its folder",
        path.display()
    )]
    NotReadable {
        /// The file.
        path: PathBuf,
        /// What SQLite or the operating system says.
        source: Cause,
    },

    /// Reading: written by an older build. An engine of this build would migrate it; a reader changes nothing.
    #[error(
        "{} has schema version {found}, and this build reads version {known}; start an engine of this build on it once, which \
         migrates it, or read it with the build that wrote it",
        path.display()
    )]
    OlderSchema {
        /// The file.
        path: PathBuf,
        /// The schema version of the file.
        found: usize,
        /// The schema version this build reads.
        known: usize,
    },

    /// Opening: the path names a folder, or something else that isn't a regular file.
    #[error(
        "cannot open the database {}: it is a {kind}, not a file; give the path of a file",
        path.display()
    )]
    NotAFile {
        /// The database as asked for.
        path: PathBuf,
        /// What it is: `folder`, or `device or socket`.
        kind: &'static str,
    },

    /// Opening: the file, or the folder it is in, can't be written (permissions, a read-only file system).
    #[error(
        "cannot write the database {}: {what} is not writable ({source}); give the user running this write access to the \
         file and to its folder, or give a path on a file system that is not read-only",
        path.display()
    )]
    NotWritable {
        /// The database as asked for.
        path: PathBuf,
        /// Which part can't be written: `the file`, `its folder` or `its lock file`.
        what: &'static str,
        /// What the operating system says.
        source: Cause,
    },

    /// Opening: the file's content is not an SQLite database.
    #[error(
        "{} is not a database: its content is not SQLite's; nothing in it was changed; give another path, or move the \
         file away to start with an empty database",
        path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },

    /// Opening: an SQLite database, but of another program.
    #[error(
        "{} is a database of another program ({found}); nothing in it was changed; give a path of its own for durable \
         executions",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How it was recognised: its application id, or the tables in it.
        found: String,
    },

    /// Opening: written by a newer build, with a schema this one doesn't know.
    #[error(
        "{} has schema version {found}, and this build knows versions up to {known}; nothing in it was changed; run the \
         newer build that wrote it, or restore a copy from before the upgrade",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema version of the file.
        found: i64,
        /// The newest schema version this build can read.
        known: i64,
    },

    /// Opening: an engine, in this process or another, has the database open. Only one may, since two would run the same
    /// workflows twice.
    #[error(
        "{} is in use by another engine{}; stop that one, or give another path (the lock on {} ends with its holder, \
         however that ends; do not delete the file)",
        path.display(), holder.map(|pid| format!(" (process {pid})")).unwrap_or_default(), lock.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// The lock file beside it.
        lock: PathBuf,
        /// The process id of the holder, when its lock file says so.
        holder: Option<u32>,
    },

    /// Opening or later: the file is damaged.
    #[error(
        "the database {} is damaged ({detail}); stop using it and keep a copy of it together with its -wal file; \
         restore a backup, or salvage what is readable with `sqlite3 {} .recover`",
        path.display(), path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },

    /// Opening: there is a write-ahead log, and no database that it belongs to: the file is empty or not there. SQLite would take it for a new one, and delete the
    /// log with all that is in nothing else.
    #[error(
        "{} is empty or not there, but its write-ahead log {} is, with commits that belong to it; nothing was changed; put the database back beside \
         its log, and don't open it with sqlite3 before that, which deletes the log; to begin with an empty database, move the log away",
        path.display(), log.display()
    )]
    LogWithoutDatabase {
        /// The database as asked for.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },

    /// Writing: no room left. None of the commit is stored; the same commit can be tried again.
    #[error(
        "the disk is full: {} cannot grow ({source}); nothing of this write is stored and nothing stored before is lost; \
         free some space on its file system and try again",
        path.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Cause,
    },

    /// Another program, such as an `sqlite3` shell in an open transaction, held the write lock for longer than the
    /// busy timeout. None of the commit is stored; the same commit can be tried again.
    #[error(
        "{} is locked: another program has held its write lock for more than {waited_seconds} seconds ({source}); end the \
         open transaction in that program (an sqlite3 shell?) and try again",
        path.display()
    )]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long this write waited, in seconds.
        waited_seconds: u64,
        /// What SQLite says.
        source: Cause,
    },

    /// Reading or writing failed below SQLite, or in SQLite for a reason that has no case of its own here. Of a write,
    /// nothing is stored.
    #[error(
        "{doing} the database {} failed ({source}); nothing stored before is lost; check the file system it is on, \
         then try again",
        path.display()
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done: `opening`, `locking`, `migrating`, `reading` or `writing`.
        doing: &'static str,
        /// What SQLite or the operating system says.
        source: Cause,
    },

    /// A row doesn't mean what this build expects of it: somebody edited it, or it is damaged.
    #[error(
        "the database {} holds a row this build cannot read: {place}: {problem}; restore a backup, or correct the row \
         with the sqlite3 tool while no engine runs",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The table and the row.
        place: String,
        /// What is wrong with it.
        problem: String,
    },

    /// A commit names an execution that was never created in this store.
    #[error(
        "no execution {arn} in {store}; create it before committing to it, or check which store it was created in"
    )]
    UnknownExecution {
        /// The execution's ARN.
        arn: String,
        /// The store: a path, or `the memory store`.
        store: String,
    },

    /// A commit contradicts what is stored: an event id or ARN that exists already, for instance. None of it is stored.
    #[error(
        "the commit to execution {arn} contradicts {store}: {detail}; nothing of it is stored; load the execution \
         again and go on from there"
    )]
    Conflict {
        /// The execution's ARN.
        arn: String,
        /// The store: a path, or `the memory store`.
        store: String,
        /// Which rule it breaks.
        detail: String,
    },

    /// The store panicked. If it was writing, whether the commit is stored is unknown; the engine loads the execution again.
    #[error(
        "the store panicked: {message}; the engine reads again what is stored, but this is a mistake in the store"
    )]
    Panicked {
        /// What it panicked with.
        message: String,
    },

    /// The store was closed, or its thread died, before it answered. Whether the commit is stored is unknown; open the
    /// store again and load the execution.
    #[error(
        "{store} is closed and answers no more; open it again and load the execution to see what is stored"
    )]
    Closed {
        /// The store: a path.
        store: String,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without anybody changing the program: a full disk, a busy database, a
    /// failed read or write.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Full { .. } | Self::Busy { .. } | Self::Io { .. }
        )
    }
}
