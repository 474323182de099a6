//! A commit as the writer takes it.

use std::path::{Path, PathBuf};

use super::{event_row::EventRow, operation_row::OperationRow, rows::RecordRow};
use crate::{core::Commit, store::StoreError};

/// A commit as rows: everything the writer has to bind, nothing it has to compute.
pub(super) struct CommitRows {
    pub(super) path: PathBuf,
    pub(super) record: RecordRow,
    pub(super) operations: Vec<OperationRow>,
    pub(super) events: Vec<EventRow>,
}

impl CommitRows {
    pub(super) fn new(commit: Commit, path: &Path) -> Result<Self, StoreError> {
        // Whether it creates is for the job to say.
        let Commit {
            created: _,
            urgent: _,
            record,
            operations,
            events,
        } = commit;
        let arn = record.arn.to_string();
        let refused = |detail| StoreError::Conflict {
            arn,
            store: path.display().to_string(),
            detail,
        };
        let rows = || {
            Ok(Self {
                path: path.into(),
                record: RecordRow::new(record)?,
                operations: operations
                    .into_iter()
                    .map(OperationRow::new)
                    .collect::<Result<_, _>>()?,
                events: events
                    .into_iter()
                    .map(EventRow::new)
                    .collect::<Result<_, _>>()?,
            })
        };
        rows().map_err(refused)
    }

    /// About how much the rows weigh, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let operations: usize = self.operations.iter().map(OperationRow::bytes).sum();
        let events: usize = self.events.iter().map(EventRow::bytes).sum();
        self.record.bytes() + operations + events
    }
}
