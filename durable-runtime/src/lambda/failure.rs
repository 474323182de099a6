//! [`InvocationFailure`]: how a failed invocation appears on Lambda's side.

use lambda_runtime::Diagnostic;
use thiserror::Error;

use super::event::EventError;
use crate::host::{BackendErrorKind, InvocationError};

/// An invocation that broke off: what Lambda records as the function's error. The service invokes again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct InvocationFailure {
    /// The kind of failure, a word. None begins with `Runtime.`, `Sandbox.` or `Extension.`, which the service repeats at once and gives up on after three.
    pub error_type: &'static str,
    /// The sentence for people.
    pub message: String,
}

impl From<InvocationError> for InvocationFailure {
    fn from(error: InvocationError) -> Self {
        let error_type = match &error {
            InvocationError::Backend(backend) => match backend.kind {
                BackendErrorKind::Throttled => "CheckpointThrottled",
                BackendErrorKind::Unavailable => "CheckpointUnavailable",
                BackendErrorKind::StaleToken => "StaleCheckpointToken",
                BackendErrorKind::Rejected => "CheckpointRejected",
            },
            InvocationError::NonDeterministic(_) => "NonDeterministic",
            InvocationError::MissingState(_) => "MissingState",
            InvocationError::OutOfTime { .. } => "OutOfTime",
            InvocationError::NoInput { .. } => "NoInput",
            InvocationError::Codec { .. } => "CodecUnavailable",
        };
        Self {
            error_type,
            message: error.to_string(),
        }
    }
}

impl From<EventError> for InvocationFailure {
    fn from(error: EventError) -> Self {
        Self {
            error_type: error.error_type(),
            message: error.to_string(),
        }
    }
}

impl From<InvocationFailure> for Diagnostic {
    fn from(failure: InvocationFailure) -> Self {
        Self {
            error_type: failure.error_type.to_owned(),
            error_message: failure.message,
        }
    }
}
