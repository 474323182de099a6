//! The execution that goes on where a restarted one ends.

use std::sync::Arc;

use durable_runtime::host::Successor;

use super::Host;
use super::slot::Slot;
use super::start::Start;
use crate::core::{ExecutionRecord, ExecutionStatus, Origin};
use crate::error::EngineError;
use crate::service::names;

impl Host {
    /// Records the successor of a running execution. It takes over what its predecessor was started with, but for the input.
    pub(super) async fn restart(
        self: &Arc<Self>,
        slot: &Slot,
        successor: &Successor,
    ) -> Result<(), EngineError> {
        let record = slot.guarded.lock().await.execution.record().clone();
        if record.status.is_terminal() {
            // It was stopped, or ran out of time, while its workflow came to this.
            return Err(EngineError::ShutDown);
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
        match self.begin(start).await {
            // Nobody else gives an execution this name: it is the one that an earlier invocation started, before it crashed.
            Ok(_) | Err(EngineError::IdInUse { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Host {
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
