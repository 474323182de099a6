//! [`EngineBackend`]: an invocation's way to the core, without a network in between.

use std::sync::{Arc, Weak};

use durable_runtime::host::{
    Backend, BackendError, BackendErrorKind, Checkpointed, StatePage, Successor,
};
use durable_runtime::wire::{OperationUpdate, Timestamp};

use super::Host;
use super::checkpoint::CheckpointError;
use super::slot::Slot;
use crate::clock::Clock;
use crate::core::Rejected;
use crate::error::EngineError;

/// The largest page of state, in operations.
const PAGE: usize = 1_000;

/// The service as one execution's invocations see it.
///
/// Holds its slot weakly: the slot keeps the parked invocation that holds this.
pub(super) struct EngineBackend {
    host: Weak<Host>,
    slot: Weak<Slot>,
    clock: Arc<dyn Clock>,
}

impl EngineBackend {
    pub(super) fn new(host: &Arc<Host>, slot: &Arc<Slot>) -> Self {
        Self {
            host: Arc::downgrade(host),
            slot: Arc::downgrade(slot),
            clock: Arc::clone(&host.clock),
        }
    }

    fn upgrade(&self) -> Result<(Arc<Host>, Arc<Slot>), BackendError> {
        match (self.host.upgrade(), self.slot.upgrade()) {
            (Some(host), Some(slot)) => Ok((host, slot)),
            _ => Err(BackendError::new(
                BackendErrorKind::Unavailable,
                "the engine was shut down",
            )),
        }
    }
}

impl Backend for EngineBackend {
    async fn checkpoint(
        &self,
        token: &str,
        updates: &[OperationUpdate],
    ) -> Result<Checkpointed, BackendError> {
        let (host, slot) = self.upgrade()?;
        let applied = host
            .checkpoint(&slot, token, None, updates)
            .await
            .map_err(|error| {
                let kind = match &error {
                    CheckpointError::Rejected(Rejected::StaleToken { .. }) => {
                        BackendErrorKind::StaleToken
                    }
                    CheckpointError::Rejected(_) => BackendErrorKind::Rejected,
                    CheckpointError::Engine(_) => BackendErrorKind::Unavailable,
                };
                BackendError::new(kind, error)
            })?;
        if host.settings.crash_after_each_checkpoint && !updates.is_empty() {
            return Err(BackendError::new(
                BackendErrorKind::Unavailable,
                "a crash on purpose, after a checkpoint",
            ));
        }
        Ok(Checkpointed {
            token: applied.token,
            operations: applied.operations,
            next_marker: None,
        })
    }

    async fn state(&self, _token: &str, marker: &str) -> Result<StatePage, BackendError> {
        let (_, slot) = self.upgrade()?;
        let guarded = slot.guarded.lock().await;
        let page = guarded
            .execution
            .state_page(Some(marker), PAGE, usize::MAX)
            .map_err(|bad| BackendError::new(BackendErrorKind::Rejected, bad))?;
        Ok(StatePage {
            operations: page.operations,
            next_marker: page.next_marker,
        })
    }

    async fn restart(&self, successor: &Successor) -> Result<(), BackendError> {
        let (host, slot) = self.upgrade()?;
        host.restart(&slot, successor).await.map_err(|error| {
            let kind = match error {
                EngineError::InvalidStart(_) => BackendErrorKind::Rejected,
                _ => BackendErrorKind::Unavailable,
            };
            BackendError::new(kind, error)
        })
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pushes_changes(&self) -> bool {
        true
    }

    fn cancels_waits(&self) -> bool {
        true
    }
}
