//! From SQLite's errors to ours.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// How long a statement waits for a lock another program holds.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// What a failed statement on the database at `path` means; `doing` is `opening`, `reading` or `writing`.
pub(super) fn classify(path: &Path, doing: &'static str, error: rusqlite::Error) -> StoreError {
    let path = path.to_path_buf();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt {
            path,
            detail: error.to_string(),
        },
        Some(ErrorCode::DiskFull) => StoreError::Full {
            path,
            source: Arc::new(error),
        },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::NotWritable {
            path,
            what: "the file",
            source: Arc::new(error),
        },
        // The file itself could be opened: it is a side file that can't be made.
        Some(ErrorCode::CannotOpen) => StoreError::NotWritable {
            path,
            what: "its folder",
            source: Arc::new(error),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy {
            path,
            waited_seconds: BUSY_TIMEOUT.as_secs(),
            source: Arc::new(error),
        },
        _ => StoreError::Io {
            path,
            doing,
            source: Arc::new(error),
        },
    }
}

/// Whether the statement was refused because of what it says (a duplicate, a missing row), not because of the database.
pub(super) fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}
