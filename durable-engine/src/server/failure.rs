//! What the server answers instead of a result.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value};

use super::model::{Model, Operation};
use super::response;
use crate::service::ServiceError;

/// Seconds after which a request that met too many others is worth repeating.
const RETRY_AFTER: &str = "1";

/// An error as it goes out: the exception's name, its status and what it says to a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub(super) struct Failure {
    error_type: &'static str,
    status: u16,
    message: String,
}

impl Failure {
    pub(super) fn new(error_type: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self {
            error_type,
            status,
            message: message.into(),
        }
    }

    /// A parameter breaks a rule.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        ServiceError::InvalidParameterValue(message.into()).into()
    }

    /// The body is not what it should be.
    pub(super) fn content(message: impl Into<String>) -> Self {
        ServiceError::InvalidRequestContent(message.into()).into()
    }

    /// The body is over its limit.
    pub(super) fn too_large(message: impl Into<String>) -> Self {
        ServiceError::RequestTooLarge(message.into()).into()
    }

    /// The body didn't come in time. Clients know the exception, and try again.
    pub(super) fn too_slow(time: std::time::Duration) -> Self {
        Self::new(
            "RequestTimeoutException",
            408,
            format!(
                "the body of the request has not come to its end within {} s",
                time.as_secs()
            ),
        )
    }

    /// The service has no such path, or the path doesn't take the method.
    pub(super) fn unknown_operation(method: &http::Method, path: &str) -> Self {
        Self::new(
            "UnknownOperationException",
            404,
            format!(
                "there is no operation {method} {path}; this server has Lambda's Invoke and its operations on durable executions"
            ),
        )
    }

    /// The same for callers of this operation, who know the exceptions that its model lists and no others: what they sent is invalid.
    pub(super) fn known_to(self, operation: &Operation) -> Self {
        let client = (400..500).contains(&self.status);
        // Who may not call, was too slow or sent too much is told so by any operation.
        let any = matches!(self.status, 403 | 408 | 413);
        if !client || any || operation.has_error(self.error_type) {
            return self;
        }
        Self::invalid(self.message)
    }

    pub(super) fn into_response(self, model: &Model) -> Response {
        let fault = if self.status < 500 { "User" } else { "Service" };
        let body: Map<String, Value> = [
            ("Type", fault.to_owned()),
            (model.message_member(self.error_type), self.message),
        ]
        .into_iter()
        .map(|(member, text)| (member.to_owned(), Value::String(text)))
        .collect();
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = response::json(status, &body);
        response::header(&mut answer, "x-amzn-errortype", self.error_type);
        if status == StatusCode::TOO_MANY_REQUESTS {
            response::header(&mut answer, "retry-after", RETRY_AFTER);
        }
        answer
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::new(error.error_type(), error.status_code(), error.to_string())
    }
}
