//! How an invocation ended, for its host.

use thiserror::Error;

use super::core::Ending;
use crate::codec::CodecError;
use crate::host::{BackendError, MissingState};
use crate::wire::ErrorObject;

/// How an invocation ended.
#[derive(Debug)]
pub enum Outcome {
    /// The workflow returned; its value as JSON. Empty when it was so large that it was checkpointed instead.
    Succeeded(String),
    /// The workflow returned an error, panicked, or can't go on whatever happens.
    Failed(ErrorObject),
    /// Everything waits for the service. The invocation may be resumed in memory, or dropped and replayed later.
    Pending,
    /// The invocation broke off; invoking again may help. Nothing that was acknowledged is lost.
    Errored(InvocationError),
}

impl From<Ending> for Outcome {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Failed(error) => Self::Failed(error),
            Ending::Errored(error) => Self::Errored(error),
            Ending::Released => Self::Pending,
        }
    }
}

/// Why an invocation broke off.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvocationError {
    /// A call to the service failed.
    #[error("the checkpoint service failed: {0}")]
    Backend(#[from] BackendError),
    /// The recorded history doesn't fit the code.
    #[error("non-deterministic replay: {0}")]
    NonDeterministic(String),
    /// The host has no value for one of the workflow's `#[state]` parameters.
    #[error(transparent)]
    MissingState(#[from] MissingState),
    /// The invocation's [deadline](crate::host::InvocationOptions::deadline) came while something ran.
    #[error(
        "the invocation is out of time while {running} step(s) or pieces of blocking work still run; give the function a longer timeout, or make the step shorter"
    )]
    OutOfTime {
        /// How many bodies and pieces of blocking work ran.
        running: usize,
    },
    /// A codec failed in a way that it calls transient.
    #[error("the codec of {operation} failed for now: {error}")]
    Codec {
        /// The operation, and where it stands.
        operation: String,
        /// What the codec says.
        #[source]
        error: CodecError,
    },
    /// The invocation's input has no EXECUTION operation to take the workflow's input from.
    #[error(
        "the invocation of `{arn}` carries no EXECUTION operation, so the workflow has no input; the service sends it first"
    )]
    NoInput {
        /// ARN of the execution.
        arn: String,
    },
}
