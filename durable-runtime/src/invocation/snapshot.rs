//! [`Snapshot`]: what decides about an operation.

use crate::wire::{Operation, OperationStatus, Timestamp};

/// What is known of an operation now.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) status: OperationStatus,
    /// How many attempts have ended.
    pub(crate) attempts: u32,
    /// When the service will act on it next.
    pub(crate) due: Option<Timestamp>,
}

impl Snapshot {
    pub(super) fn of(operation: &Operation) -> Self {
        let step = operation.step_details.as_ref();
        let wait = operation.wait_details.as_ref();
        Self {
            status: operation.status,
            attempts: operation.finished_attempts(),
            due: step
                .and_then(|step| step.next_attempt_timestamp)
                .or_else(|| wait.and_then(|wait| wait.scheduled_end_timestamp)),
        }
    }
}
