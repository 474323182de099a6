//! One invocation: from the event to the answer.

use std::sync::Arc;

use aws_sdk_lambda::Client;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::value::RawValue;

use super::backend::LambdaBackend;
use super::event;
use crate::host::{Invocation, InvocationError, InvocationOptions, Outcome, Registration};
use crate::wire::InvocationOutput;

/// What all invocations of the process share.
#[derive(Debug)]
pub(super) struct Handler {
    pub(super) registration: Arc<Registration>,
    pub(super) client: Client,
}

/// The invocation itself failed: Lambda records it, and the service invokes again.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error_type: &'static str,
    pub(super) message: String,
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self {
            error_type: failure.error_type.to_owned(),
            error_message: failure.message,
        }
    }
}

impl Handler {
    pub(super) async fn handle(
        self: Arc<Self>,
        event: LambdaEvent<Box<RawValue>>,
    ) -> Result<InvocationOutput, Failure> {
        let (event, context) = event.into_parts();
        let answer = self.invoke(&event, &context).await;
        if let Err(failure) = &answer {
            tracing::error!(
                error_type = failure.error_type,
                "the invocation ends with an error, and the service invokes again: {}",
                failure.message
            );
        }
        answer
    }

    async fn invoke(
        &self,
        event: &RawValue,
        _context: &Context,
    ) -> Result<InvocationOutput, Failure> {
        let input = event::read(event.get()).map_err(|error| Failure {
            error_type: error.error_type(),
            message: error.to_string(),
        })?;
        let backend = LambdaBackend::new(self.client.clone(), input.durable_execution_arn.clone());
        let mut invocation = Invocation::new(
            Arc::clone(&self.registration),
            Arc::new(backend),
            input,
            InvocationOptions::default(),
        );
        match invocation.run().await {
            Outcome::Succeeded(result) => Ok(InvocationOutput::succeeded(result)),
            Outcome::Failed(error) => Ok(InvocationOutput::failed(error)),
            Outcome::Pending => Ok(InvocationOutput::pending()),
            Outcome::Errored(error) => Err(Failure {
                error_type: error_type(&error),
                message: error.to_string(),
            }),
        }
    }
}

/// None begins with `Runtime.`, `Sandbox.` or `Extension.`: those the service repeats at once and gives up on after three.
fn error_type(error: &InvocationError) -> &'static str {
    use crate::host::BackendErrorKind as Kind;
    match error {
        InvocationError::Backend(backend) => match backend.kind {
            Kind::Throttled => "CheckpointThrottled",
            Kind::Unavailable => "CheckpointUnavailable",
            Kind::StaleToken => "StaleCheckpointToken",
            Kind::Rejected => "CheckpointRejected",
        },
        InvocationError::NonDeterministic(_) => "NonDeterministic",
        InvocationError::MissingState(_) => "MissingState",
        InvocationError::NoInput { .. } => "NoInput",
    }
}
