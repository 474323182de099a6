//! The service's calls by the AWS SDK.

mod client;
mod convert;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

pub(super) use self::client::from_environment;
use super::backend::PAGE;
use super::refusal::{Refusal, unanswered};
use crate::host::{BackendError, BackendErrorKind, Checkpointed, StatePage, Successor};
use crate::wire::OperationUpdate;

pub(super) async fn checkpoint(
    client: &Client,
    arn: &str,
    token: &str,
    updates: &[OperationUpdate],
    client_token: String,
) -> Result<Checkpointed, BackendError> {
    let updates = updates
        .iter()
        .map(convert::update)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| BackendError::new(BackendErrorKind::Rejected, error))?;
    let answer = client
        .checkpoint_durable_execution()
        .durable_execution_arn(arn)
        .checkpoint_token(token)
        .set_updates(Some(updates))
        .client_token(client_token)
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

pub(super) async fn state(
    client: &Client,
    arn: &str,
    token: &str,
    marker: &str,
) -> Result<StatePage, BackendError> {
    let page = client
        .get_durable_execution_state()
        .durable_execution_arn(arn)
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

pub(super) async fn restart(
    client: &Client,
    function: &str,
    tenant_id: Option<&str>,
    successor: &Successor,
) -> Result<(), BackendError> {
    let started = client
        .invoke()
        .function_name(function)
        .invocation_type(InvocationType::Event)
        .durable_execution_name(successor.name())
        .set_tenant_id(tenant_id.map(str::to_owned))
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

fn backend_error<E>(call: &str, error: &SdkError<E, HttpResponse>) -> BackendError
where
    E: std::error::Error + ProvideErrorMetadata + RequestId + 'static,
{
    match error {
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status().as_u16();
            let refused = refused.err();
            Refusal {
                status,
                code: refused.code(),
                message: refused.message(),
                request_id: refused.request_id(),
            }
            .error(call)
        }
        without_answer => unanswered(call, DisplayErrorContext(without_answer)),
    }
}

fn not_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
