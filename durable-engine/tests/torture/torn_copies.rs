//! Copies of a database that a killed process left, and what an engine makes of one that was damaged.
//!
//! The process commits in a known order, so whatever is in a copy must be a beginning of that order.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use durable_engine::core::{Commit, ExecutionStatus};
use durable_engine::store::{SqliteStore, Store, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::store_support::{again, arn, created, files, step_done};

const WRITER: &str = "TORTURE_WRITER";
const HOW: &str = "TORTURE_WRITER_HOW";
const EXECUTIONS: usize = 4;
/// A frame of the log: its header and a page.
pub(crate) const FRAME: usize = 24 + 4096;
/// The header of the log.
pub(crate) const LOG_HEADER: usize = 32;

/// What the process does between its commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Nothing: all its commits are in the log.
    Log,
    /// Opens the database anew in the middle: half of the commits are in the database, the others in the log.
    Both,
    /// Has the log start over in the middle: it ends in frames that are not valid any more.
    Over,
    /// As `Both`, with results so large that opening does not read every page.
    Large,
}

impl How {
    const ALL: [Self; 4] = [Self::Log, Self::Both, Self::Over, Self::Large];

    /// How many commits there are, the first ones of the executions included.
    pub(crate) fn commits(self) -> usize {
        EXECUTIONS + if self == Self::Large { 64 } else { 60 }
    }

    /// How many of them are in the database itself, rather than in the log.
    pub(crate) fn in_database(self) -> usize {
        match self {
            Self::Log => 0,
            _ => self.commits() / 2,
        }
    }

    /// The commit at this place in the order.
    fn commit(self, at: usize) -> Commit {
        let execution = (at % EXECUTIONS).to_string();
        match at.checked_sub(EXECUTIONS) {
            None => created("torn", &execution),
            Some(n) => step_done(
                "torn",
                &execution,
                (n / EXECUTIONS) as u64,
                &self.result(at),
            ),
        }
    }

    fn result(self, at: usize) -> String {
        let length = match self {
            Self::Large => 350_000,
            _ => 50 + at * 7_919 % 9_000,
        };
        let digit = char::from(b'a' + (at % 26) as u8);
        format!("{at} {}", String::from(digit).repeat(length))
    }
}

/// A test for the harness, which does nothing there: the process that commits until it is killed.
#[test]
fn writer_process() {
    let (Some(path), Ok(how)) = (std::env::var_os(WRITER), std::env::var(HOW)) else {
        return;
    };
    let path = PathBuf::from(path);
    let how = How::ALL
        .into_iter()
        .find(|it| format!("{it:?}") == how)
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut at = 0;
    while at < how.commits() {
        if at == how.commits() / 2 {
            match how {
                How::Log => {}
                How::Both | How::Large => {
                    drop(store);
                    store = SqliteStore::open(&path).unwrap();
                }
                How::Over => {
                    let other = Connection::open(&path).unwrap();
                    let busy: i64 = other
                        .query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0))
                        .unwrap();
                    assert_eq!(busy, 0);
                }
            }
        }
        // Now and then some that share a transaction.
        let group = if at % 7 == 6 { 3 } else { 1 };
        let group: Vec<_> = (at..how.commits().min(at + group))
            .map(|at| match at {
                0..EXECUTIONS => {
                    let created = store.create(how.commit(at));
                    Box::pin(async { created.await.map(drop) })
                        as durable_engine::store::StoreFuture<()>
                }
                _ => store.commit(how.commit(at)),
            })
            .collect();
        at += group.len();
        for commit in group {
            runtime.block_on(commit).unwrap();
        }
    }
    println!("all are acknowledged.");
    std::thread::sleep(Duration::from_secs(600));
}

/// What a killed process left, in memory.
pub(crate) struct Killed {
    pub(crate) how: How,
    pub(crate) database: Vec<u8>,
    pub(crate) log: Vec<u8>,
    index: Vec<u8>,
}

impl Killed {
    /// Runs a process until all its commits are acknowledged, and kills it.
    pub(crate) fn after(how: How) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("torn.db");
        let mut child = again("torn_copies::writer_process", WRITER, &path)
            .env(HOW, format!("{how:?}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let done = lines
            .map_while(Result::ok)
            .any(|line| line.ends_with("all are acknowledged."));
        assert!(done, "it ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        let mut files = files(folder.path());
        let mut take = |name: &str| files.remove(name).unwrap();
        Self {
            how,
            database: take("torn.db"),
            log: take("torn.db-wal"),
            index: take("torn.db-shm"),
        }
    }

    pub(crate) fn frames(&self) -> usize {
        (self.log.len() - LOG_HEADER) / FRAME
    }

    pub(crate) fn copy(&self) -> Copied {
        Copied {
            how: self.how,
            database: Some(self.database.clone()),
            log: Some(self.log.clone()),
            index: Some(self.index.clone()),
        }
    }

    /// With another log. The index says what was in the old one, and is left to mislead.
    pub(crate) fn with_log(&self, change: impl FnOnce(&mut Vec<u8>)) -> Copied {
        let mut copy = self.copy();
        change(copy.log.as_mut().unwrap());
        copy
    }
}

/// A copy that may be damaged.
pub(crate) struct Copied {
    how: How,
    pub(crate) database: Option<Vec<u8>>,
    pub(crate) log: Option<Vec<u8>>,
    pub(crate) index: Option<Vec<u8>>,
}

/// What an engine makes of it.
#[derive(Debug)]
pub(crate) enum Made {
    /// It goes on with so many of the commits, the first ones.
    Opened(usize),
    /// It does not open it, says this, and leaves it as it is.
    Refused(String),
    /// It opens it, and what reads the damage says so.
    Damaged(StoreError),
}

impl Copied {
    /// Opens the copy, and checks that what is in it is a beginning of what was committed, whole and consistent, and that a further commit can be made.
    #[track_caller]
    pub(crate) fn open(&self) -> Made {
        let folder = in_memory();
        let path = folder.path().join("torn.db");
        if let Some(database) = &self.database {
            std::fs::write(&path, database).unwrap();
        }
        for (suffix, content) in [("wal", &self.log), ("shm", &self.index)] {
            if let Some(content) = content {
                std::fs::write(folder.path().join(format!("torn.db-{suffix}")), content).unwrap();
            }
        }
        let store = match SqliteStore::open(&path) {
            Ok(store) => store,
            Err(error) => {
                self.is_untouched(folder.path(), &error);
                return Made::Refused(error.to_string());
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let made = match runtime.block_on(self.commits(&store)) {
            Ok(made) => made,
            Err(error) => {
                says_what_to_do(&error, &path);
                return Made::Damaged(error);
            }
        };
        if made >= EXECUTIONS && made < self.how.commits() {
            runtime
                .block_on(store.commit(self.how.commit(made)))
                .unwrap();
        }
        drop(store);
        let verdict: String = Connection::open(&path)
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(verdict, "ok");
        Made::Opened(made)
    }

    fn is_untouched(&self, folder: &Path, error: &StoreError) {
        let after = files(folder);
        assert!(after.get("torn.db") == self.database.as_ref(), "{error}");
        assert!(after.get("torn.db-wal") == self.log.as_ref(), "{error}");
        says_what_to_do(error, &folder.join("torn.db"));
    }

    /// How many of the commits are there: the first ones, nothing of the others, and each of them whole.
    async fn commits(&self, store: &SqliteStore) -> Result<usize, StoreError> {
        let mut found = Vec::new();
        for execution in 0..EXECUTIONS {
            let arn = arn("torn", &execution.to_string());
            let Some(loaded) = store.load(&arn).await? else {
                found.push(0);
                continue;
            };
            let steps = loaded.operations.len();
            assert_eq!(loaded.record.status, ExecutionStatus::Running);
            assert_eq!(loaded.record.next_seq, steps as u64);
            for (n, stored) in loaded.operations.iter().enumerate() {
                let step = stored.operation.step_details.as_ref().unwrap();
                let at = EXECUTIONS + n * EXECUTIONS + execution;
                let expected = self.how.result(at);
                assert!(
                    step.result.as_deref() == Some(&*expected),
                    "the result of {at}"
                );
            }
            let history = store.history(&arn).await?;
            let ids: Vec<_> = history.iter().map(|event| event.event_id).collect();
            assert_eq!(ids, (1..=1 + 2 * steps as u64).collect::<Vec<_>>());
            found.push(1 + steps);
        }
        let commits: usize = found.iter().sum();
        // The order deals them out like cards.
        let dealt: Vec<_> = (0..EXECUTIONS)
            .map(|execution| (commits + EXECUTIONS - 1 - execution) / EXECUTIONS)
            .collect();
        assert_eq!(found, dealt, "not the first {commits} commits");
        Ok(commits)
    }
}

/// A folder where an fsync costs nothing, if there is one: nobody pulls the plug on a copy.
fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

fn says_what_to_do(error: &StoreError, path: &Path) {
    let said = error.to_string();
    assert!(said.contains(path.to_str().unwrap()), "{said}");
    assert!(
        matches!(
            error,
            StoreError::Corrupt { .. }
                | StoreError::LogWithoutDatabase { .. }
                | StoreError::NotADatabase { .. }
                | StoreError::Io { .. }
        ),
        "{said}"
    );
    let ways_out = [
        "restore a backup",
        "put the database back",
        "give another path",
        "check the file system",
    ];
    assert!(ways_out.iter().any(|way| said.contains(way)), "{said}");
}
