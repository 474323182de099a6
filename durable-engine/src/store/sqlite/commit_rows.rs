//! A commit as the writer takes it.

use std::{path::Path, sync::Arc};

use super::{event_row::EventRows, operation_row::OperationRow, rows::RecordRow};
use crate::{core::Commit, store::StoreError};

/// A commit as rows: everything the writer has to bind, nothing it has to compute.
pub(super) struct CommitRows {
    pub(super) path: Arc<Path>,
    pub(super) record: RecordRow,
    pub(super) operations: Vec<OperationRow>,
    pub(super) events: EventRows,
}

impl CommitRows {
    pub(super) fn new(commit: Commit, path: &Arc<Path>) -> Result<Self, StoreError> {
        // Whether it creates is for the job to say.
        let Commit {
            created: _,
            urgent: _,
            record,
            operations,
            events,
        } = commit;
        let arn = Arc::clone(&record.arn);
        let refused = |detail| StoreError::Conflict {
            arn: arn.to_string(),
            store: path.display().to_string(),
            detail,
        };
        let rows = || {
            let operations: Vec<_> = operations
                .into_iter()
                .map(OperationRow::new)
                .collect::<Result<_, _>>()?;
            Ok(Self {
                path: Arc::clone(path),
                record: RecordRow::new(record)?,
                events: EventRows::new(events, operations.first())?,
                operations,
            })
        };
        rows().map_err(refused)
    }

    /// About how much the rows weigh, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let operations: usize = self.operations.iter().map(OperationRow::bytes).sum();
        self.record.bytes() + operations + self.events.bytes()
    }
}
