//! [`LambdaBackend`]: an invocation's way to the Lambda service.

use std::time::SystemTime;

use aws_sdk_lambda::Client;

use super::convert;
use super::refusal::backend_error;
use crate::host::{Backend, BackendError, BackendErrorKind, Checkpointed, StatePage};
use crate::wire::{OperationUpdate, Timestamp};

/// The largest page of state the service gives.
const PAGE: i32 = 1_000;

/// The Lambda service as one execution's invocation sees it.
#[derive(Debug)]
pub(super) struct LambdaBackend {
    client: Client,
    arn: String,
}

impl LambdaBackend {
    pub(super) fn new(client: Client, arn: String) -> Self {
        Self { client, arn }
    }
}

impl Backend for LambdaBackend {
    async fn checkpoint(
        &self,
        token: &str,
        updates: &[OperationUpdate],
    ) -> Result<Checkpointed, BackendError> {
        let updates = updates
            .iter()
            .map(convert::update)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| BackendError::new(BackendErrorKind::Rejected, error))?;
        let answer = self
            .client
            .checkpoint_durable_execution()
            .durable_execution_arn(&self.arn)
            .checkpoint_token(token)
            .set_updates(Some(updates))
            // One for each call, so that the SDK may repeat a call whose answer was lost.
            .client_token(uuid::Uuid::new_v4().to_string())
            .send()
            .await
            .map_err(|error| backend_error("CheckpointDurableExecution", &error))?;
        let changed = answer.new_execution_state;
        let (operations, next_marker) = changed.map_or((None, None), |changed| {
            (changed.operations, changed.next_marker)
        });
        Ok(Checkpointed {
            token: not_empty(answer.checkpoint_token),
            operations: operations
                .unwrap_or_default()
                .into_iter()
                .map(convert::operation)
                .collect(),
            next_marker: not_empty(next_marker),
        })
    }

    async fn state(&self, token: &str, marker: &str) -> Result<StatePage, BackendError> {
        let page = self
            .client
            .get_durable_execution_state()
            .durable_execution_arn(&self.arn)
            .checkpoint_token(token)
            .marker(marker)
            .max_items(PAGE)
            .send()
            .await
            .map_err(|error| backend_error("GetDurableExecutionState", &error))?;
        Ok(StatePage {
            operations: page
                .operations
                .into_iter()
                .map(convert::operation)
                .collect(),
            next_marker: not_empty(page.next_marker),
        })
    }

    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

fn not_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
