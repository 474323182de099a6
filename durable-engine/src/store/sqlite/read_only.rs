//! [`SqliteReader`]: looks into a database without being its engine.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{
    failure::{BUSY_TIMEOUT, classify},
    lock::beside,
    open::escape,
    queries,
    reader::ReadError,
    schema::{Found, MIGRATIONS, identify},
};
use crate::{
    core::{Event, ExecutionRecord},
    store::{EventRange, ExecutionSummary, ListFilter, Loaded, StoreError},
};

/// How often a read is repeated when the file changed under it. Once an engine has the file open there is a log beside
/// it, and reading through the log needs no repetition.
const LOOKS: usize = 5;

/// Reads the database of an engine: beside a running one, after one that was killed, or with none at all.
///
/// It takes no lock that an engine would notice, makes no database, and changes neither the database nor its log. Each call reads
/// one moment of it, as of the call. For tools that look and leave; the calls block. A program that runs workflows uses
/// [`SqliteStore`](super::SqliteStore).
///
/// ```
/// use durable_engine::store::{ListFilter, SqliteReader, SqliteStore};
///
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("orders.db");
/// let engine_side = SqliteStore::open(&path)?;
///
/// let reader = SqliteReader::open(&path)?;
/// assert!(reader.list(&ListFilter::default())?.is_empty());
/// # drop(engine_side);
/// # Ok::<(), durable_engine::store::StoreError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SqliteReader {
    path: PathBuf,
}

/// What tells that somebody opened or wrote the file.
#[derive(PartialEq)]
struct Stamp {
    /// There is a write-ahead log: an engine has the file open, or was killed.
    log: bool,
    length: u64,
    modified: Option<SystemTime>,
}

impl SqliteReader {
    /// Finds the database at `path` and checks that it is one this build can read.
    ///
    /// # Errors
    /// No such file ([`NotFound`](StoreError::NotFound)), one that may not be read ([`NotReadable`](StoreError::NotReadable)) or isn't an engine's
    /// ([`NotAFile`](StoreError::NotAFile), [`NotADatabase`](StoreError::NotADatabase), [`Foreign`](StoreError::Foreign)), of another version
    /// ([`NewerSchema`](StoreError::NewerSchema), [`OlderSchema`](StoreError::OlderSchema)), or damaged ([`Corrupt`](StoreError::Corrupt)).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let asked = path.as_ref();
        let path = fs::canonicalize(asked).map_err(|error| unreadable(asked, error))?;
        let metadata = fs::metadata(&path).map_err(|error| unreadable(&path, error))?;
        if !metadata.is_file() {
            let kind = if metadata.is_dir() {
                "folder"
            } else {
                "device or socket"
            };
            return Err(StoreError::NotAFile { path, kind });
        }
        let reader = Self { path };
        reader.read(|_| Ok(()))?;
        Ok(reader)
    }

    /// The database file: an absolute path, symbolic links resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The executions the filter lets through, the newest first.
    ///
    /// # Errors
    /// When the database can't be read any more.
    pub fn list(&self, filter: &ListFilter) -> Result<Vec<ExecutionSummary>, StoreError> {
        self.read(|moment| queries::list(moment, filter))
    }

    /// The executions called `name`, of every workflow, the newest first.
    ///
    /// # Errors
    /// When the database can't be read any more.
    pub fn named(&self, name: &str) -> Result<Vec<ExecutionSummary>, StoreError> {
        self.read(|moment| queries::named(moment, name))
    }

    /// The record of the execution of `workflow` called `name`, if there is one.
    ///
    /// # Errors
    /// When the database can't be read any more.
    pub fn find(&self, workflow: &str, name: &str) -> Result<Option<ExecutionRecord>, StoreError> {
        self.read(|moment| queries::find(moment, workflow, name))
    }

    /// An execution's record and its operations, as of one moment; `None` when the ARN is unknown.
    ///
    /// # Errors
    /// When the database can't be read any more.
    pub fn load(&self, arn: &str) -> Result<Option<Loaded>, StoreError> {
        self.read(|moment| queries::load(moment, arn))
    }

    /// The history of an execution by rising event id; none when the ARN is unknown.
    ///
    /// # Errors
    /// When the database can't be read any more.
    pub fn history(&self, arn: &str) -> Result<Vec<Event>, StoreError> {
        self.read(|moment| queries::events(moment, arn, EventRange::default()))
    }

    fn read<T>(&self, read: impl Fn(&Connection) -> Result<T, ReadError>) -> Result<T, StoreError> {
        for _ in 0..LOOKS {
            let before = self.stamp()?;
            let result = self.read_once(before.log, &read);
            // Through the log SQLite itself gives one moment. Without it nobody may have written meanwhile.
            if before.log || self.stamp()? == before {
                return result;
            }
        }
        self.read_once(true, &read)
    }

    fn read_once<T>(
        &self,
        log: bool,
        read: &impl Fn(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connect(log)?;
        let moment = connection
            .transaction()
            .map_err(|error| self.failed("opening", error))?;
        self.check(&moment)?;
        read(&moment).map_err(|error| match error {
            ReadError::Sql(error) => self.failed("reading", error),
            row => row.at(&self.path),
        })
    }

    fn connect(&self, log: bool) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if log {
            Connection::open_with_flags(&self.path, flags)
        } else {
            // Even a reader would leave an empty log behind.
            let uri = format!("file:{}?mode=ro&immutable=1", escape(&self.path));
            Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
        };
        connection
            .and_then(|connection| {
                connection.busy_timeout(BUSY_TIMEOUT)?;
                Ok(connection)
            })
            .map_err(|error| self.failed("opening", error))
    }

    /// Whose database it is, asked inside the transaction that reads.
    fn check(&self, moment: &Connection) -> Result<(), StoreError> {
        let known = MIGRATIONS.len();
        // The first look at the file itself: whether it is SQLite's, and may be read.
        moment
            .query_row("PRAGMA schema_version", [], |_| Ok(()))
            .map_err(|error| self.failed("opening", error))?;
        match identify(moment, &self.path, known)? {
            Found::Version(version) if version == known => Ok(()),
            Found::Version(version) => Err(StoreError::OlderSchema {
                path: self.path.clone(),
                found: version,
                known,
            }),
            Found::Empty => Err(StoreError::NotADatabase {
                path: self.path.clone(),
            }),
        }
    }

    fn stamp(&self) -> Result<Stamp, StoreError> {
        let metadata = fs::metadata(&self.path).map_err(|error| unreadable(&self.path, error))?;
        let size =
            |suffix| fs::metadata(beside(&self.path, suffix)).map_or(None, |side| Some(side.len()));
        if size("-journal").is_some_and(|length| length > 0) {
            let source =
                std::io::Error::other("its creation was interrupted; start an engine on it once");
            return Err(StoreError::Io {
                path: self.path.clone(),
                doing: "opening",
                source: Arc::new(source),
            });
        }
        Ok(Stamp {
            log: size("-wal").is_some(),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }

    fn failed(&self, doing: &'static str, error: rusqlite::Error) -> StoreError {
        let path = self.path.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => StoreError::NotADatabase { path },
            // Nothing is written here: it is reading that was refused, of the file, its log or the log's index.
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::NotReadable {
                    path,
                    source: Arc::new(error),
                }
            }
            _ => classify(&self.path, doing, error),
        }
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> StoreError {
    let path = path.to_path_buf();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => StoreError::NotFound { path },
        _ => StoreError::NotReadable {
            path,
            source: Arc::new(error),
        },
    }
}
