//! Opening a database file: first look, touching nothing, then lock, then write.
//!
//! Every refusal happens before the first write, so a file that is not ours, is damaged, is newer or is in use keeps
//! every byte.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use rusqlite::{Connection, MAIN_DB, OpenFlags};

use super::{
    failure::{BUSY_TIMEOUT, classify},
    lock::{Lock, beside, private},
    schema::{APPLICATION_ID, Found, foreign_id, identify, migrate},
};
use crate::store::StoreError;

/// Files up to this size are checked page by page (`PRAGMA quick_check`) on opening: some tens of milliseconds. Of
/// larger ones the header, the schema and the first page of each table are read, and damage elsewhere is reported by
/// the read that meets it.
const CHECKED_WHOLE: u64 = 16 * 1024 * 1024;

/// The write-ahead log is copied into the database every so many pages of 4 KiB. More than SQLite's 1,000, since each
/// copy costs two more fsyncs.
const CHECKPOINT_PAGES: i64 = 4_000;

/// The size the write-ahead log is cut back to after a peak, in bytes.
const WAL_SIZE_LIMIT: i64 = 64 * 1024 * 1024;

/// Everything an open store holds on to. Fields are dropped in this order: the lock goes last.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) readers: Vec<Connection>,
    /// The file's real path: absolute, symbolic links resolved.
    pub(super) path: PathBuf,
    pub(super) lock: Lock,
}

/// One opening at a time in this process. Looking at a file's header and closing it drops the POSIX locks this process
/// has on it, so that must not happen while another thread is between looking and locking.
static OPENING: Mutex<()> = Mutex::new(());

/// Opens the database at `path`, or creates it, with `readers` connections for reading.
pub(super) fn open(path: &Path, migrations: &[&str], readers: usize) -> Result<Opened, StoreError> {
    let _alone = OPENING.lock();
    let path = locate(path)?;
    // Whoever has it open made the lock file first. Without one, look before leaving one beside a file of somebody else.
    let early = if Lock::path_of(&path).exists() {
        Some(Lock::take(&path)?)
    } else {
        None
    };
    inspect(&path, migrations.len())?;
    let lock = match early {
        Some(lock) => lock,
        None => Lock::take(&path)?,
    };
    let writer = open_writer(&path, migrations)?;
    let readers = (0..readers)
        .map(|_| open_reader(&path))
        .collect::<Result<_, _>>()?;
    Ok(Opened {
        writer,
        readers,
        path,
        lock,
    })
}

/// The file's real path, so that two ways to write it meet in one lock file. The file need not exist, its folder must.
fn locate(asked: &Path) -> Result<PathBuf, StoreError> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::PermissionDenied => StoreError::NotWritable {
            path: asked.into(),
            what: "its folder",
            source: Arc::new(error),
        },
        _ => StoreError::Io {
            path: asked.into(),
            doing: "opening",
            source: Arc::new(error),
        },
    };
    match fs::metadata(asked) {
        Ok(metadata) if metadata.is_file() => return fs::canonicalize(asked).map_err(io),
        Ok(metadata) => {
            let kind = if metadata.is_dir() {
                "folder"
            } else {
                "device or socket"
            };
            return Err(StoreError::NotAFile {
                path: asked.into(),
                kind,
            });
        }
        // A file where the path wants a folder is reported below, with the folder's name.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
        Err(error) => return Err(io(error)),
    }
    let directory = match asked.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => Path::new("/"),
    };
    let missing = || StoreError::MissingDirectory {
        path: asked.into(),
        directory: directory.into(),
    };
    let name = asked.file_name().ok_or_else(missing)?;
    match fs::canonicalize(directory) {
        Ok(directory) if directory.is_dir() => Ok(directory.join(name)),
        Ok(_) => Err(missing()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(missing())
        }
        Err(error) => Err(io(error)),
    }
}

/// Refuses what must not be touched. Leaves no trace, not even SQLite's side files where that can be had.
fn inspect(path: &Path, known: usize) -> Result<(), StoreError> {
    let size = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(unreadable(path, error)),
    };
    let is_filled = |suffix| fs::metadata(beside(path, suffix)).is_ok_and(|side| side.len() > 0);
    if size == 0 && is_filled("-wal") {
        return Err(StoreError::LogWithoutDatabase {
            path: path.into(),
            log: beside(path, "-wal"),
        });
    }
    if size == 0 {
        return Ok(());
    }
    let id = read_application_id(path)?;
    if id != 0 && id != APPLICATION_ID {
        return Err(foreign_id(path, id));
    }
    if is_filled("-journal") {
        // Somebody died while creating the file. If that was us, the write connection takes the half-made database back.
        return match id {
            APPLICATION_ID => Ok(()),
            _ => Err(StoreError::Foreign {
                path: path.into(),
                found: "its -journal file holds an unfinished transaction".into(),
            }),
        };
    }
    let failed = |error| classify(path, "opening", error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_filled("-wal") {
        Connection::open_with_flags(path, flags)
    } else {
        // Nothing outside the file matters, so SQLite can be kept from making side files.
        let uri = format!("file:{}?mode=ro&immutable=1", escape(path));
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
    }
    .map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    if identify(&connection, path, known)? != Found::Empty {
        check(&connection, path, size)?;
    }
    Ok(())
}

/// The application id in the header of an SQLite file.
fn read_application_id(path: &Path) -> Result<i32, StoreError> {
    let mut header = Vec::with_capacity(100);
    File::open(path)
        .and_then(|file| file.take(100).read_to_end(&mut header))
        .map_err(|error| unreadable(path, error))?;
    match (
        header.strip_prefix(b"SQLite format 3\0"),
        header.get(68..72),
    ) {
        (Some(_), Some(&[a, b, c, d])) if header.len() == 100 => {
            Ok(i32::from_be_bytes([a, b, c, d]))
        }
        _ => Err(StoreError::NotADatabase { path: path.into() }),
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::PermissionDenied => StoreError::NotWritable {
            path: path.into(),
            what: "the file",
            source: Arc::new(error),
        },
        _ => StoreError::Io {
            path: path.into(),
            doing: "opening",
            source: Arc::new(error),
        },
    }
}

/// Looks for damage, as far as the file's size allows.
fn check(connection: &Connection, path: &Path, size: u64) -> Result<(), StoreError> {
    let failed = |error| classify(path, "opening", error);
    if size <= CHECKED_WHOLE {
        let verdict: String = connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(failed)?;
        if verdict != "ok" {
            return Err(StoreError::Corrupt {
                path: path.into(),
                detail: verdict,
            });
        }
    }
    connection
        .query_row(
            "SELECT (SELECT max(id) FROM executions), (SELECT max(execution) FROM inputs),
                    (SELECT max(row) FROM operations), (SELECT max(row) FROM events)",
            [],
            |_| Ok(()),
        )
        .map_err(failed)
}

/// The one connection that writes, with the database brought to the current schema.
fn open_writer(path: &Path, migrations: &[&str]) -> Result<Connection, StoreError> {
    let failed = |error| classify(path, "opening", error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    make_private(path)?;
    let mut writer = Connection::open_with_flags(path, flags).map_err(failed)?;
    // SQLite falls back to reading when it may not write.
    if writer.is_readonly(MAIN_DB).map_err(failed)? {
        let refused = std::io::Error::from(ErrorKind::PermissionDenied);
        return Err(StoreError::NotWritable {
            path: path.into(),
            what: "the file",
            source: Arc::new(refused),
        });
    }
    writer
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| writer.pragma_update(None, "synchronous", "FULL"))
        // macOS: an fsync that reaches the platter. No effect elsewhere.
        .and_then(|()| writer.pragma_update(None, "fullfsync", true))
        .and_then(|()| writer.pragma_update(None, "checkpoint_fullfsync", true))
        .and_then(|()| writer.pragma_update(None, "foreign_keys", true))
        .and_then(|()| writer.pragma_update(None, "temp_store", "MEMORY"))
        .map_err(failed)?;
    writer.set_prepared_statement_cache_capacity(32);

    // A new database gets its schema before it changes to WAL, so that our application id is in the file itself and
    // not in a log beside it.
    if migrate(&mut writer, path, migrations)? == Found::Empty {
        sync_directory(path)?;
    }
    let mode: String = writer
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(failed)?;
    if mode != "wal" {
        let source = std::io::Error::other(format!(
            "SQLite cannot use its write-ahead log here and stays with {mode:?}; is it a network file system?"
        ));
        return Err(StoreError::Io {
            path: path.into(),
            doing: "opening",
            source: Arc::new(source),
        });
    }
    writer
        .pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
        .and_then(|()| writer.pragma_update(None, "journal_size_limit", WAL_SIZE_LIMIT))
        .map_err(failed)?;
    Ok(writer)
}

/// Makes the file when there is none, for its owner only: SQLite would let everybody read it. What SQLite puts beside it gets the same permissions, and those of a
/// file that is there are left as they are.
fn make_private(path: &Path) -> Result<(), StoreError> {
    match private().create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // With the words that the folder gets when the lock can't be made in it.
        Err(error) => Err(unreadable(path, error)),
    }
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(|reader| {
            reader.busy_timeout(BUSY_TIMEOUT)?;
            Ok(reader)
        })
        .map_err(|error| classify(path, "opening", error))
}

/// Makes the new file's name as durable as its content.
fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let Some(directory) = path.parent().filter(|_| cfg!(unix)) else {
        return Ok(());
    };
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| StoreError::Io {
            path: path.into(),
            doing: "opening",
            source: Arc::new(error),
        })
}

/// A path as part of an SQLite URI: everything that is not plainly a path character is percent-encoded.
pub(super) fn escape(path: &Path) -> String {
    let mut escaped = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(*byte))
            }
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    escaped
}
