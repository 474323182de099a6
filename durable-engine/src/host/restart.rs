//! The execution that goes on where a restarted one ends.

use std::sync::Arc;

use durable_runtime::host::Successor;
use durable_runtime::wire::ErrorObject;

use super::Host;
use super::slot::Slot;
use super::start::Start;
use crate::core::{ExecutionRecord, ExecutionStatus, Origin};
use crate::error::EngineError;
use crate::service::names;

/// Why a successor was not recorded.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSuccessor {
    #[error("the execution is paused, and restarts after that")]
    Paused,
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Host {
    /// Records the successor of a running execution. It takes over what its predecessor was started with, but for the input.
    pub(super) async fn restart(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        successor: &Successor,
    ) -> Result<(), NoSuccessor> {
        let (host, slot, successor) = (Arc::clone(self), Arc::clone(slot), successor.clone());
        self.to_the_end(async move { host.record_successor(&slot, &successor).await })
            .await
            .unwrap_or_else(|error| Err(error.into()))
    }

    async fn record_successor(
        self: &Arc<Self>,
        slot: &Slot,
        successor: &Successor,
    ) -> Result<(), NoSuccessor> {
        // Until the successor is recorded: whoever stops the predecessor finds it afterwards, or is there first. Whoever pauses it afterwards pauses what is about to end.
        let guarded = slot.guarded.lock().await;
        let record = guarded.execution.record();
        if guarded.given_up || record.status.is_terminal() {
            // It was stopped, ran out of time or could not be recorded while its workflow came to this.
            return Err(EngineError::ShutDown.into());
        }
        if record.pause.is_some() {
            return Err(NoSuccessor::Paused);
        }
        let start = Start {
            target: Arc::clone(&record.workflow),
            version: names::version_in(&record.arn).to_owned(),
            name: Some(successor.name().to_owned()),
            unique: None,
            input: Some(successor.input().to_owned()),
            timeout_seconds: record.timeout_seconds,
            // With who waits for its end: that is the last successor's.
            origin: Origin::clone(&record.origin),
        };
        let begun = self.begin(start).await;
        drop(guarded);
        match begun {
            // Nobody else gives an execution this name: it is the one that an earlier invocation started, before it crashed.
            Ok(_) | Err(EngineError::IdInUse { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends an execution, whatever it is doing, and those that go on for it.
    pub(crate) async fn stop(
        self: &Arc<Self>,
        arn: &str,
        error: Option<ErrorObject>,
    ) -> Result<(), EngineError> {
        let (host, mut arn) = (Arc::clone(self), Arc::<str>::from(arn));
        self.to_the_end(async move {
            loop {
                host.stop_one(&arn, error.clone()).await?;
                // Looked for by name: one that was stopped between starting its successor and ending says nothing of it.
                let Some(record) = host.store.record(&arn).await? else {
                    return Ok(());
                };
                let successor = Successor::of(&arn, String::new());
                let found = host.store.find(&record.workflow, successor.name());
                match found.await? {
                    Some(next) => arn = next.arn,
                    None => return Ok(()),
                }
            }
        })
        .await?
    }

    /// An execution has run out of time. Had it started a successor before, that ends with it, unless this process ends first: then the successor goes on.
    pub(super) fn give_up_successor(self: &Arc<Self>, record: &ExecutionRecord) {
        if record.status != ExecutionStatus::TimedOut {
            return;
        }
        let (host, busy) = (Arc::clone(self), self.activity.busy());
        let (arn, error) = (Arc::clone(&record.arn), record.error.clone());
        self.tasks.spawn(async move {
            if let Err(error) = host.stop(&arn, error).await {
                tracing::warn!(%arn, %error, "what would have gone on for it can't be stopped");
            }
            drop(busy);
        });
    }

    /// The execution that this one has become by now: itself, or the last of its successors.
    pub(crate) async fn last_successor(
        &self,
        mut record: ExecutionRecord,
    ) -> Result<ExecutionRecord, EngineError> {
        while let Some(name) = successor_of(&record) {
            match self.store.find(&record.workflow, &name).await? {
                Some(successor) => record = successor,
                None => break,
            }
        }
        Ok(record)
    }
}

/// The name of the execution that went on, if this one ended because it was restarted.
pub(crate) fn successor_of(record: &ExecutionRecord) -> Option<String> {
    if record.status != ExecutionStatus::Succeeded {
        return None;
    }
    Successor::named_by(&record.name, record.result.as_deref()?)
}
