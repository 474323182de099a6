//! What keeps what the disk is given.

use std::sync::Arc;

use durable_engine::store::{MemoryStore, SqliteStore, Store};
use tempfile::TempDir;

/// What is behind the disk.
pub(crate) enum Medium {
    Memory,
    /// A database in this folder. A new process opens it again.
    Sqlite(TempDir),
}

impl Medium {
    /// A database in memory, where the system has files there: what is tried is not the disk.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self::Sqlite(folder.unwrap())
    }

    pub(crate) fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::new(MemoryStore::new()),
            Self::Sqlite(folder) => {
                Arc::new(SqliteStore::open(folder.path().join("simulated.db")).unwrap())
            }
        }
    }
}
