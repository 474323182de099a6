//! What a call's failure means, whichever client made it: the invocation is to be repeated, or the execution fails.

use std::fmt;

use crate::host::{BackendError, BackendErrorKind};

/// How the message of the refusal begins that says the token was used before. The service and its emulators write it in different cases.
const STALE_TOKEN: &str = "invalid checkpoint token";

/// Refusals that pass, whatever their status says: with fresh credentials, or when the function has been updated.
///
/// A function that thaws may sign with a clock that is late; its next invocation doesn't.
const PASSING: [&str; 10] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "ResourceConflictException",
    "SnapStartNotReadyException",
];

/// An answer of the service that isn't what the call was for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) code: Option<&'a str>,
    pub(super) message: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
}

impl Refusal<'_> {
    /// The error of this call.
    pub(super) fn error(&self, call: &str) -> BackendError {
        let Self { status, .. } = *self;
        let code = self.code.unwrap_or("no error code");
        let message = self.message.unwrap_or("no message");
        // Behind it stands all that was signed, the session token included.
        let message = message
            .split_once("The Canonical String")
            .map_or(message, |(message, _)| message.trim_end());
        let request = self
            .request_id
            .map_or_else(String::new, |id| format!(", request id {id}"));
        BackendError::new(
            self.kind(),
            format_args!(
                "{call} was refused: {code}: {message} (status {status}{request}){}",
                way_out(call, status, code)
            ),
        )
    }

    pub(super) fn kind(&self) -> BackendErrorKind {
        let Self { status, .. } = *self;
        let code = self.code.unwrap_or_default();
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
        let stale = self
            .message
            .unwrap_or_default()
            .trim_start()
            .get(..STALE_TOKEN.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(STALE_TOKEN));
        if stale {
            BackendErrorKind::StaleToken
        } else {
            BackendErrorKind::Rejected
        }
    }
}

/// The error of a call that got no answer, or none that can be read. Nobody knows whether the service did anything: the client token makes repetitions safe, and the
/// next invocation reads what is recorded.
pub(super) fn unanswered(call: &str, reason: impl fmt::Display) -> BackendError {
    BackendError::new(
        BackendErrorKind::Unavailable,
        format_args!("{call} got no usable answer: {reason}"),
    )
}

fn way_out(call: &str, status: u16, code: &str) -> String {
    if status == 403 && code.starts_with("AccessDenied") {
        format!("; the function's role needs `lambda:{call}` on the function")
    } else {
        String::new()
    }
}
