//! What a replaying workflow is given to read.

use std::io;

use durable_runtime::wire::{
    ExecutionDetails, Operation, OperationStatus, OperationType, StatePage, limits,
};
use smol_str::SmolStr;

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

/// The marker of the very beginning, where the EXECUTION is.
const START: &str = "start";

impl Execution {
    /// A page of at most `max` operations, in the order in which they were started, the EXECUTION first. Zero means the
    /// service's default of 100. Without a marker it is the first page. A page ends before the operation with which its
    /// JSON would have more than `max_bytes`, but has one operation at least.
    ///
    /// Operations inside a context that has ended are left out, unless the context is rebuilt from them (ReplayChildren).
    ///
    /// Errs when the marker is not one that a page of this execution ended with.
    pub fn state_page(
        &self,
        marker: Option<&str>,
        max: usize,
        max_bytes: usize,
    ) -> Result<StatePage, BadMarker> {
        let start = match marker.filter(|marker| !marker.is_empty()) {
            None | Some(START) => None,
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
        Ok(self.page(start, Room::new(max, max_bytes, true)))
    }

    /// The first page for an invocation, which may be empty when the input is large.
    pub(super) fn first_page(&self, max: usize, max_bytes: usize) -> StatePage {
        self.page(None, Room::new(max, max_bytes, false))
    }

    fn page(&self, start: Option<Place>, mut room: Room) -> StatePage {
        let mut page = StatePage::default();
        if start.is_none() {
            let execution = self.execution_operation();
            if !room.takes(&execution) {
                page.next_marker = Some(START.to_owned());
                return page;
            }
            page.operations.push(execution);
        }
        for stored in self.table.from(start.unwrap_or(0)) {
            if self.is_hidden(stored) {
                continue;
            }
            if !room.takes(&stored.operation) {
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
        operation.name = Some(SmolStr::new(&record.name));
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

/// What a page has room for.
struct Room {
    operations: usize,
    /// None: any number.
    bytes: Option<usize>,
    /// The next operation is taken whatever its size.
    free: bool,
}

impl Room {
    fn new(max: usize, max_bytes: usize, at_least_one: bool) -> Self {
        Self {
            operations: if max == 0 {
                limits::STATE_PAGE_DEFAULT
            } else {
                max
            },
            bytes: (max_bytes < usize::MAX).then_some(max_bytes),
            free: at_least_one,
        }
    }

    fn takes(&mut self, operation: &Operation) -> bool {
        if self.operations == 0 {
            return false;
        }
        if let Some(bytes) = &mut self.bytes {
            let size = json_len(operation);
            if size > *bytes && !self.free {
                return false;
            }
            *bytes = bytes.saturating_sub(size);
        }
        self.free = false;
        self.operations -= 1;
        true
    }
}

/// The length of the operation's JSON, with the comma after it.
fn json_len(operation: &Operation) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(1);
    match serde_json::to_writer(&mut count, operation) {
        Ok(()) => count.0,
        // An operation can always be written; should it not be, it counts for nothing.
        Err(_) => 0,
    }
}
