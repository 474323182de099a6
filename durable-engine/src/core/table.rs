//! The operations of one execution, and what must be found in them without looking at all of them.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use durable_runtime::wire::{OperationStatus, OperationType, Timestamp};

use super::record::{ServiceDetails, StoredOperation};

/// A place in the table: an operation's `seq`.
pub(super) type Place = usize;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    operations: Vec<StoredOperation>,
    by_id: HashMap<String, Place>,
    /// Open operations that time completes, earliest first, then in the order in which they were started.
    timers: BTreeSet<(Timestamp, Place)>,
    /// Changes by number that no invocation which ended in order was told of.
    changes: BTreeMap<u64, Place>,
    /// How many operations are open that something other than the workflow completes.
    wakers: usize,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.operations.len()
    }

    pub(super) fn get(&self, id: &str) -> Option<&StoredOperation> {
        self.at(*self.by_id.get(id)?)
    }

    pub(super) fn at(&self, place: Place) -> Option<&StoredOperation> {
        self.operations.get(place)
    }

    pub(super) fn from(&self, place: Place) -> &[StoredOperation] {
        self.operations.get(place..).unwrap_or_default()
    }

    pub(super) fn wakers(&self) -> usize {
        self.wakers
    }

    pub(super) fn next_timer(&self) -> Option<(Timestamp, Place)> {
        self.timers.first().copied()
    }

    /// Operations whose last change has a number above `after`, in the order of the changes.
    pub(super) fn changed_after(&self, after: u64) -> impl Iterator<Item = &StoredOperation> {
        let later = after.saturating_add(1)..;
        self.changes
            .range(later)
            .filter_map(|(_, place)| self.at(*place))
    }

    pub(super) fn has_changes_after(&self, after: u64) -> bool {
        self.changes
            .range(after.saturating_add(1)..)
            .next()
            .is_some()
    }

    /// Forgets changes up to this number: they need never be told again.
    pub(super) fn forget_changes(&mut self, up_to: u64) {
        self.changes = self.changes.split_off(&up_to.saturating_add(1));
    }

    /// Adds the operation, or replaces the one with its `seq`. `delivered` as in the record.
    pub(super) fn put(&mut self, operation: StoredOperation, delivered: u64) {
        let place = match usize::try_from(operation.seq) {
            Ok(seq) if seq < self.operations.len() => seq,
            _ => self.operations.len(),
        };
        if let Some(change) = operation.changed.filter(|change| *change > delivered) {
            self.changes.insert(change, place);
        }
        if let Some(at) = deadline(&operation) {
            self.timers.insert((at, place));
        }
        self.wakers += usize::from(wakes(&operation));
        match self.operations.get_mut(place) {
            Some(slot) => {
                let old = std::mem::replace(slot, operation);
                self.forget(&old, place);
            }
            None => {
                self.by_id.insert(operation.operation.id.clone(), place);
                self.operations.push(operation);
            }
        }
    }

    /// Takes back what `put` noted for the operation's former state, unless its new state says the same.
    fn forget(&mut self, old: &StoredOperation, place: Place) {
        let (changed, due) = match self.operations.get(place) {
            Some(new) => (new.changed, deadline(new)),
            None => (None, None),
        };
        if let Some(change) = old.changed.filter(|change| Some(*change) != changed) {
            self.changes.remove(&change);
        }
        if let Some(at) = deadline(old).filter(|at| Some(*at) != due) {
            self.timers.remove(&(at, place));
        }
        self.wakers -= usize::from(wakes(old));
    }
}

/// When time completes this operation.
pub(super) fn deadline(stored: &StoredOperation) -> Option<Timestamp> {
    let operation = &stored.operation;
    match (operation.operation_type, operation.status) {
        (OperationType::Wait, OperationStatus::Started) => {
            operation.wait_details.as_ref()?.scheduled_end_timestamp
        }
        (OperationType::Step, OperationStatus::Pending) => {
            operation.step_details.as_ref()?.next_attempt_timestamp
        }
        (OperationType::Callback, OperationStatus::Started) => match stored.service.as_ref()? {
            ServiceDetails::Callback {
                timeout, heartbeat, ..
            } => timeout.iter().chain(heartbeat).min().copied(),
            ServiceDetails::ChainedInvoke { .. } => None,
        },
        _ => None,
    }
}

/// Whether something other than the workflow will complete this operation.
fn wakes(stored: &StoredOperation) -> bool {
    matches!(
        (stored.operation.operation_type, stored.operation.status),
        (
            OperationType::Wait | OperationType::Callback | OperationType::ChainedInvoke,
            OperationStatus::Started
        ) | (OperationType::Step, OperationStatus::Pending)
    )
}
