//! What an operation waits for, of those that are kept in memory. SQLite has columns for it.

use durable_runtime::wire::{OperationType, Timestamp};

use crate::core::{ServiceDetails, StoredOperation};

/// Whether an operation waits for something that was invoked.
pub(super) fn invokes(stored: &StoredOperation) -> bool {
    stored.operation.operation_type == OperationType::ChainedInvoke
        && stored.operation.end_timestamp.is_none()
}

/// When something is to happen to an operation.
pub(super) fn due(stored: &StoredOperation) -> Option<Timestamp> {
    if let Some(ServiceDetails::Callback {
        timeout, heartbeat, ..
    }) = &stored.service
    {
        return timeout.iter().chain(heartbeat).min().copied();
    }
    let step = stored
        .operation
        .step_details
        .as_ref()
        .and_then(|step| step.next_attempt_timestamp);
    step.or_else(|| {
        stored
            .operation
            .wait_details
            .as_ref()?
            .scheduled_end_timestamp
    })
}
