//! [`ServiceError`]: what the service answers instead of a result.

use thiserror::Error;

use crate::core::{CallbackRefused, Rejected};
use crate::error::EngineError;

/// An error of the service, with the name and the HTTP status that its model gives it. The message is for people.
///
/// ```
/// use durable_engine::service::ServiceError;
///
/// let error = ServiceError::ResourceNotFound("there is no function `ship`".into());
/// assert_eq!((error.error_type(), error.status_code()), ("ResourceNotFoundException", 404));
/// assert_eq!(error.to_string(), "there is no function `ship`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A parameter is outside its rules; so is a checkpoint's token that is not the current one.
    #[error("{0}")]
    InvalidParameterValue(String),
    /// The body is not JSON.
    #[error("{0}")]
    InvalidRequestContent(String),
    /// The payload is over its limit.
    #[error("{0}")]
    RequestTooLarge(String),
    /// There is no such function, execution or callback.
    #[error("{0}")]
    ResourceNotFound(String),
    /// The execution is in a state that doesn't allow this.
    #[error("{0}")]
    ResourceConflict(String),
    /// The name belongs to an execution with another payload.
    #[error("{0}")]
    ExecutionAlreadyStarted(String),
    /// The callback is closed, or its execution is.
    #[error("{0}")]
    CallbackTimeout(String),
    /// Too many requests at a time.
    #[error("{0}")]
    TooManyRequests(String),
    /// The engine itself failed: it can't write its database, or it shuts down.
    #[error("{0}")]
    Service(String),
}

impl ServiceError {
    /// The exception's name in the service's model.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::InvalidParameterValue(_) => "InvalidParameterValueException",
            Self::InvalidRequestContent(_) => "InvalidRequestContentException",
            Self::RequestTooLarge(_) => "RequestTooLargeException",
            Self::ResourceNotFound(_) => "ResourceNotFoundException",
            Self::ResourceConflict(_) => "ResourceConflictException",
            Self::ExecutionAlreadyStarted(_) => "DurableExecutionAlreadyStartedException",
            Self::CallbackTimeout(_) => "CallbackTimeoutException",
            Self::TooManyRequests(_) => "TooManyRequestsException",
            Self::Service(_) => "ServiceException",
        }
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status_code(&self) -> u16 {
        match self {
            Self::InvalidParameterValue(_)
            | Self::InvalidRequestContent(_)
            | Self::CallbackTimeout(_) => 400,
            Self::ResourceNotFound(_) => 404,
            Self::ResourceConflict(_) | Self::ExecutionAlreadyStarted(_) => 409,
            Self::RequestTooLarge(_) => 413,
            Self::TooManyRequests(_) => 429,
            Self::Service(_) => 500,
        }
    }
}

impl From<EngineError> for ServiceError {
    fn from(error: EngineError) -> Self {
        let message = error.to_string();
        match error {
            EngineError::NotRegistered { .. } | EngineError::NotFound { .. } => {
                Self::ResourceNotFound(message)
            }
            EngineError::IdInUse { .. } => Self::ExecutionAlreadyStarted(message),
            EngineError::InvalidStart(_) | EngineError::Input { .. } => {
                Self::InvalidParameterValue(message)
            }
            _ => Self::Service(message),
        }
    }
}

impl From<Rejected> for ServiceError {
    fn from(rejected: Rejected) -> Self {
        Self::InvalidParameterValue(rejected.to_string())
    }
}

impl From<CallbackRefused> for ServiceError {
    fn from(refused: CallbackRefused) -> Self {
        let message = refused.to_string();
        match refused {
            CallbackRefused::Unknown { .. } => Self::ResourceNotFound(message),
            CallbackRefused::Closed { .. } | CallbackRefused::Ended { .. } => {
                Self::CallbackTimeout(message)
            }
            CallbackRefused::TooLarge { .. } => Self::InvalidParameterValue(message),
        }
    }
}
