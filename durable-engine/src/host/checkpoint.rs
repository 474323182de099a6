//! A checkpoint, whoever sends it: an invocation in this process, or a function somewhere else.

use std::sync::Arc;

use durable_runtime::wire::{Operation, OperationType, OperationUpdate};

use super::Host;
use super::slot::Slot;
use crate::core::{Checkpoint, Rejected};
use crate::error::EngineError;

/// Why a checkpoint was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckpointError {
    /// It breaks a rule.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// It can't be recorded.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What a checkpoint is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The token of the next one; none: this invocation may write no more.
    pub(crate) token: Option<String>,
    /// What changed.
    pub(crate) operations: Vec<Operation>,
}

impl Host {
    /// Applies a checkpoint, and answers when it is durable.
    pub(crate) async fn checkpoint(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        token: &str,
        client_token: Option<&str>,
        updates: &[OperationUpdate],
    ) -> Result<Answer, CheckpointError> {
        let mut guarded = slot.guarded.lock().await;
        let now = self.clock.now();
        let is_due = guarded.execution.next_due().is_some_and(|at| at <= now);
        let due = is_due.then(|| guarded.execution.due(now));
        let find = |update: &OperationUpdate| self.chained_target(&slot.arn, update);
        let mut call = Checkpoint::new(token, self.settings.ids.token(), updates).targets(&find);
        if let Some(client_token) = client_token {
            call = call.client_token(client_token);
        }
        let applied = match guarded.execution.apply(call, now) {
            Ok(applied) => applied,
            Err(rejected) => {
                // What was due is recorded all the same.
                if let Some(due) = due {
                    self.commit(slot, &mut guarded, due).await?;
                }
                self.schedule(slot, &mut guarded);
                return Err(rejected.into());
            }
        };
        let commit = match due {
            Some(due) => due.then(applied.commit),
            None => applied.commit,
        };
        let invokes: Vec<_> = commit
            .operations
            .iter()
            .filter(|it| it.operation.operation_type == OperationType::ChainedInvoke)
            .cloned()
            .collect();
        self.commit(slot, &mut guarded, commit).await?;
        self.pursue(slot, &invokes);
        self.schedule(slot, &mut guarded);
        Ok(Answer {
            token: applied.token,
            operations: applied.operations,
        })
    }
}
