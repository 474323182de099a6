//! What a failed call to the service means for the invocation: stop and be invoked again, or fail the execution.

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;

use crate::host::{BackendError, BackendErrorKind};

/// How the message of the refusal begins that says the token was used before. The service and its emulators write it in different cases.
const STALE_TOKEN: &str = "invalid checkpoint token";

/// Refusals that pass, whatever their status says: with fresh credentials, or when the function has been updated.
const PASSING: [&str; 5] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "ResourceConflictException",
    "SnapStartNotReadyException",
];

pub(super) fn backend_error<E>(call: &str, error: &SdkError<E, HttpResponse>) -> BackendError
where
    E: std::error::Error + ProvideErrorMetadata + RequestId + 'static,
{
    match error {
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status().as_u16();
            let refused = refused.err();
            let code = refused.code().unwrap_or("no error code");
            let message = refused.message().unwrap_or("no message");
            let request = refused
                .request_id()
                .map_or_else(String::new, |id| format!(", request id {id}"));
            BackendError::new(
                kind_of(status, code, message),
                format!(
                    "{call} was refused: {code}: {message} (status {status}{request}){}",
                    way_out(call, status, code)
                ),
            )
        }
        // Nobody knows whether the service did anything. The client token makes the SDK's repetitions safe, and the next invocation reads what is recorded.
        unanswered => BackendError::new(
            BackendErrorKind::Unavailable,
            format!(
                "{call} got no usable answer: {}",
                DisplayErrorContext(unanswered)
            ),
        ),
    }
}

fn kind_of(status: u16, code: &str, message: &str) -> BackendErrorKind {
    // Its status is 502, and yet no repetition helps: the key is out of reach.
    if code.starts_with("KMS") {
        return BackendErrorKind::Rejected;
    }
    if status == 429 || code.contains("Throttl") || code == "TooManyRequestsException" {
        return BackendErrorKind::Throttled;
    }
    if !(400..500).contains(&status) || status == 408 || PASSING.contains(&code) {
        return BackendErrorKind::Unavailable;
    }
    let stale = message
        .trim_start()
        .get(..STALE_TOKEN.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(STALE_TOKEN));
    if stale {
        BackendErrorKind::StaleToken
    } else {
        BackendErrorKind::Rejected
    }
}

fn way_out(call: &str, status: u16, code: &str) -> String {
    if status == 403 && code.starts_with("AccessDenied") {
        format!("; the function's role needs `lambda:{call}` on the function")
    } else {
        String::new()
    }
}
