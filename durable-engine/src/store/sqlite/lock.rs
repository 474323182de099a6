//! One engine per database: a lock the operating system takes back when its holder dies.
//!
//! The lock is on a file of its own beside the database (`orders.db-lock`), not on the database: SQLite's own locks would
//! be lost when this process closes another handle of the same file, and other programs should still be able to read
//! the database while an engine runs. The file stays behind when the lock is released, since removing it could take the
//! lock away from whoever opened the file in that moment; that it exists means nothing.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io::{ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::store::StoreError;

/// The held lock; dropping it releases it.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// For writing a file that, if it is made, only its owner may read: what workflows record is nobody else's business.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// `path` with `suffix` behind its file name, the way SQLite names its side files.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

impl Lock {
    /// Where the lock of the database at `path` is.
    pub(super) fn path_of(path: &Path) -> PathBuf {
        beside(path, "-lock")
    }

    /// Takes the lock of the database at `path`, or says who has it. Never waits.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let lock = Self::path_of(path);
        let mut file = private()
            .read(true)
            .create(true)
            .truncate(false)
            .open(&lock)
            .map_err(|error| match error.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    StoreError::NotWritable {
                        path: path.into(),
                        // One that is there was left by an engine of another user.
                        what: if lock.exists() {
                            "its lock file"
                        } else {
                            "its folder"
                        },
                        source: Arc::new(error),
                    }
                }
                _ => StoreError::Io {
                    path: path.into(),
                    doing: "locking",
                    source: Arc::new(error),
                },
            })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Only a hint for the message: a holder that has not written it yet is still a holder.
                let holder = file
                    .read_to_string(&mut text)
                    .ok()
                    .and_then(|_| text.trim().parse().ok());
                return Err(StoreError::InUse {
                    path: path.into(),
                    lock,
                    holder,
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(StoreError::Io {
                    path: path.into(),
                    doing: "locking",
                    source: Arc::new(error),
                });
            }
        }
        // The lock is held whether or not its holder's id can be noted (a full disk).
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}
