//! What a running function calls: checkpoints, and the pages of its state.

use std::sync::Arc;

use durable_runtime::wire::{Operation, OperationUpdate, StatePage, limits};

use super::{PAGE_BYTES, Service, ServiceError, page_size};
use crate::core::Rejected;
use crate::host::CheckpointError;

/// The answer to a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointAnswer {
    /// The token of the next one. None: this invocation may write no more.
    pub token: Option<String>,
    /// The operations of this checkpoint as they are now, then those that changed since the last one.
    pub operations: Vec<Operation>,
}

impl Service {
    /// CheckpointDurableExecution: applies all of the updates, or none.
    ///
    /// A repetition with the same token and client token has the same answer.
    ///
    /// # Errors
    /// [`InvalidParameterValue`](ServiceError::InvalidParameterValue) when an update breaks a rule, and with a message that begins with
    /// `Invalid Checkpoint Token` when the token is not the current one, which includes executions that have ended or never were.
    pub async fn checkpoint(
        &self,
        arn: &str,
        token: &str,
        client_token: Option<&str>,
        updates: &[OperationUpdate],
    ) -> Result<CheckpointAnswer, ServiceError> {
        check_token("CheckpointToken", token, limits::CHECKPOINT_TOKEN_MAX)?;
        if let Some(client_token) = client_token {
            check_token("ClientToken", client_token, limits::CLIENT_TOKEN_MAX)?;
        }
        let Some(slot) = self.open(arn).await? else {
            return Err(stale(arn));
        };
        // Whoever sent it may hang up before it is answered.
        let host = Arc::clone(self.host());
        let (token, updates) = (token.to_owned(), updates.to_vec());
        let client_token = client_token.map(str::to_owned);
        let answer = self
            .host()
            .to_the_end(async move {
                host.checkpoint(&slot, &token, client_token.as_deref(), &updates)
                    .await
            })
            .await?
            .map_err(|error| match error {
                CheckpointError::Rejected(rejected) => ServiceError::from(rejected),
                CheckpointError::Engine(error) => error.into(),
            })?;
        Ok(CheckpointAnswer {
            token: answer.token,
            operations: answer.operations,
        })
    }

    /// GetDurableExecutionState: a page of what is recorded, the EXECUTION first, in the order in which operations were started. At most
    /// `max_items` (100 when that is none or zero), and fewer when they are large.
    ///
    /// # Errors
    /// [`InvalidParameterValue`](ServiceError::InvalidParameterValue) when the token is not the current one, or the marker none of this execution.
    pub async fn state(
        &self,
        arn: &str,
        token: &str,
        marker: Option<&str>,
        max_items: Option<u32>,
    ) -> Result<StatePage, ServiceError> {
        check_token("CheckpointToken", token, limits::CHECKPOINT_TOKEN_MAX)?;
        let max_items = page_size(max_items)?;
        let slot = self.open(arn).await?.ok_or_else(|| stale(arn))?;
        let guarded = slot.guarded.lock().await;
        let execution = &guarded.execution;
        if execution.record().token.as_deref() != Some(token) {
            return Err(stale(arn));
        }
        execution
            .state_page(marker, max_items, PAGE_BYTES)
            .map_err(|bad| ServiceError::InvalidParameterValue(bad.to_string()))
    }
}

fn stale(arn: &str) -> ServiceError {
    Rejected::StaleToken {
        arn: arn.to_owned(),
    }
    .into()
}

/// The message for a token that can't be one at all.
pub(super) fn check_token(what: &str, token: &str, max: usize) -> Result<(), ServiceError> {
    if (1..=max).contains(&token.len()) {
        return Ok(());
    }
    Err(ServiceError::InvalidParameterValue(format!(
        "{what} has {} characters and must have 1 to {max}",
        token.len()
    )))
}
