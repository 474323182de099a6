//! What a replaying workflow is given to read.

use durable_runtime::wire::{
    ExecutionDetails, Operation, OperationStatus, OperationType, StatePage, limits,
};

use super::{
    execution::Execution,
    record::{ExecutionStatus, StoredOperation},
    table::Place,
};

/// A marker this execution never gave out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{marker}` is not a marker of {arn}; take NextMarker from the page before, or leave it out to begin anew"
)]
pub struct BadMarker {
    /// As given.
    pub marker: String,
    /// The execution.
    pub arn: String,
}

impl Execution {
    /// A page of at most `max` operations, in the order in which they were started, the EXECUTION first. Zero means the
    /// service's default of 100. Without a marker it is the first page.
    ///
    /// Operations inside a context that has ended are left out, unless the context is rebuilt from them (ReplayChildren).
    ///
    /// Errs when the marker is not one that a page of this execution ended with.
    pub fn state_page(&self, marker: Option<&str>, max: usize) -> Result<StatePage, BadMarker> {
        let start = match marker.filter(|marker| !marker.is_empty()) {
            None => None,
            Some(marker) => match marker.parse::<Place>() {
                Ok(place) if place < self.table.len() => Some(place),
                _ => {
                    return Err(BadMarker {
                        marker: marker.to_owned(),
                        arn: self.record.arn.to_string(),
                    });
                }
            },
        };
        Ok(self.page(start, max))
    }

    pub(super) fn page(&self, start: Option<Place>, max: usize) -> StatePage {
        let max = if max == 0 {
            limits::STATE_PAGE_DEFAULT
        } else {
            max
        };
        let mut page = StatePage::default();
        if start.is_none() {
            page.operations.push(self.execution_operation());
        }
        for stored in self.table.from(start.unwrap_or(0)) {
            if self.is_hidden(stored) {
                continue;
            }
            if page.operations.len() >= max {
                page.next_marker = Some(stored.seq.to_string());
                break;
            }
            page.operations.push(stored.operation.clone());
        }
        page
    }

    /// The EXECUTION operation, made from the record.
    pub fn execution_operation(&self) -> Operation {
        let record = &self.record;
        let status = match record.status {
            ExecutionStatus::Succeeded => OperationStatus::Succeeded,
            ExecutionStatus::Failed => OperationStatus::Failed,
            ExecutionStatus::TimedOut => OperationStatus::TimedOut,
            ExecutionStatus::Stopped | ExecutionStatus::Deleting => OperationStatus::Stopped,
            ExecutionStatus::Running | ExecutionStatus::Pausing | ExecutionStatus::Paused => {
                OperationStatus::Started
            }
        };
        let id = record.arn.rsplit('/').next().unwrap_or_default();
        let mut operation = Operation::new(id, OperationType::Execution, status, record.started);
        operation.name = Some(record.name.to_string());
        operation.end_timestamp = record.ended;
        operation.execution_details = Some(ExecutionDetails {
            input_payload: record.input.as_deref().map(str::to_owned),
        });
        operation
    }

    /// Whether an enclosing context has ended with a result that stands for all inside it.
    fn is_hidden(&self, stored: &StoredOperation) -> bool {
        let mut parent = stored.operation.parent_id.as_deref();
        while let Some(context) = parent.and_then(|id| self.table.get(id)) {
            let context = &context.operation;
            if context.status.is_terminal() && !context.replay_children() {
                return true;
            }
            parent = context.parent_id.as_deref();
        }
        false
    }
}
