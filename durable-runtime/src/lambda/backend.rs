//! [`LambdaBackend`]: an invocation's way to the Lambda service.

use std::time::SystemTime;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

use super::convert;
use super::refusal::backend_error;
use crate::host::{Backend, BackendError, BackendErrorKind, Checkpointed, StatePage, Successor};
use crate::wire::{OperationUpdate, Timestamp};

/// The largest page of state the service gives.
const PAGE: i32 = 1_000;

/// The Lambda service as one execution's invocation sees it.
#[derive(Debug)]
pub(super) struct LambdaBackend {
    client: Client,
    arn: String,
    tenant_id: Option<String>,
}

impl LambdaBackend {
    pub(super) fn new(client: Client, arn: String, tenant_id: Option<String>) -> Self {
        Self {
            client,
            arn,
            tenant_id,
        }
    }

    /// The function that this execution runs, with its version.
    fn function(&self) -> &str {
        self.arn
            .split_once("/durable-execution/")
            .map_or(&self.arn, |(function, _)| function)
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

    async fn restart(&self, successor: &Successor) -> Result<(), BackendError> {
        let started = self
            .client
            .invoke()
            .function_name(self.function())
            .invocation_type(InvocationType::Event)
            .durable_execution_name(successor.name())
            .set_tenant_id(self.tenant_id.clone())
            .payload(Blob::new(successor.input()))
            .send()
            .await;
        match started {
            Ok(_) => Ok(()),
            // By an earlier try, whose answer never came.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(InvokeError::is_durable_execution_already_started_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(backend_error("InvokeFunction", &error)),
        }
    }

    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

fn not_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
