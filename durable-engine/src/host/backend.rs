//! [`EngineBackend`]: an invocation's way to the core, without a network in between.

use std::sync::{Arc, Weak};

use durable_runtime::host::{
    Backend, BackendError, BackendErrorKind, Checkpointed, StatePage, Successor,
};
use durable_runtime::wire::{OperationType, OperationUpdate, Timestamp};

use super::Host;
use super::checkpoint::{Answer, CheckpointError};
use super::faults::{Fate, Faults};
use super::restart::NoSuccessor;
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

async fn send(
    host: &Arc<Host>,
    slot: &Arc<Slot>,
    token: &str,
    updates: &[OperationUpdate],
) -> Result<Answer, BackendError> {
    let answer = if updates.iter().any(invokes) {
        // The invocation may be given up while this is being recorded; what it invokes is started all the same.
        let (it, slot) = (Arc::clone(host), Arc::clone(slot));
        let (token, updates) = (token.to_owned(), updates.to_vec());
        host.to_the_end(async move { it.checkpoint(&slot, &token, None, &updates).await })
            .await
            .unwrap_or_else(|error| Err(error.into()))
    } else {
        host.checkpoint(slot, token, None, updates).await
    };
    answer.map_err(|error| {
        let kind = match &error {
            CheckpointError::Rejected(Rejected::StaleToken { .. }) => BackendErrorKind::StaleToken,
            CheckpointError::Rejected(_) => BackendErrorKind::Rejected,
            CheckpointError::Engine(_) => BackendErrorKind::Unavailable,
        };
        BackendError::new(kind, error)
    })
}

fn invokes(update: &OperationUpdate) -> bool {
    update.operation_type == OperationType::ChainedInvoke
}

fn unavailable(what: &str) -> BackendError {
    BackendError::new(BackendErrorKind::Unavailable, what)
}

/// [`send`] over a network that has faults.
async fn disturbed(
    faults: &Faults,
    host: &Arc<Host>,
    slot: &Arc<Slot>,
    token: &str,
    updates: &[OperationUpdate],
) -> Result<Answer, BackendError> {
    for _ in 0..faults.delay() {
        tokio::task::yield_now().await;
    }
    match faults.fate() {
        Fate::Delivered => send(host, slot, token, updates).await,
        Fate::Lost => Err(unavailable("a checkpoint that was lost on purpose")),
        Fate::Unanswered => {
            send(host, slot, token, updates).await?;
            Err(unavailable("an answer that was lost on purpose"))
        }
        Fate::Throttled => Err(BackendError::new(
            BackendErrorKind::Throttled,
            "throttled on purpose",
        )),
        Fate::Repeated => {
            let answer = send(host, slot, token, updates).await;
            // Whatever it is answered, nobody hears it.
            let _ = send(host, slot, token, updates).await;
            answer
        }
        Fate::BehindStale => {
            let _ = send(host, slot, &host.settings.ids.token(), updates).await;
            send(host, slot, token, updates).await
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
        let applied = match &host.settings.faults {
            None => send(&host, &slot, token, updates).await?,
            Some(faults) => disturbed(faults, &host, &slot, token, updates).await?,
        };
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
        let (host, slot) = self.upgrade()?;
        let faults = host.settings.faults.as_deref();
        if faults.is_some_and(Faults::loses_page) {
            return Err(unavailable("a page that was lost on purpose"));
        }
        let size = faults.map_or(PAGE, |faults| faults.page().min(PAGE));
        let guarded = slot.guarded.lock().await;
        let page = guarded
            .execution
            .state_page(Some(marker), size, usize::MAX)
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
                NoSuccessor::Engine(EngineError::InvalidStart(_)) => BackendErrorKind::Rejected,
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
