//! What failed invocations are called, in Lambda's words: users and other tools know them.

use std::process::ExitStatus;
use std::time::Duration;

use durable_runtime::wire::ErrorObject;
use serde::Deserialize;

use crate::function::FunctionError;

/// The largest answer, in bytes.
pub(super) const RESPONSE_MAX: usize = 6 * 1024 * 1024 + 100;

/// The process ended before it answered.
pub(super) fn exited(request_id: &str, status: ExitStatus) -> FunctionError {
    let how = match (status.code(), signal_of(status)) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => format!("Runtime exited with error: signal: {signal}"),
        (None, None) => "Runtime exited with error".to_owned(),
    };
    crashed("Runtime.ExitError", request_id, &how)
}

/// The process could not be started, or not be talked to.
pub(super) fn not_started(request_id: &str, what: &str) -> FunctionError {
    crashed("Runtime.InvalidEntrypoint", request_id, what)
}

fn crashed(error_type: &str, request_id: &str, what: &str) -> FunctionError {
    FunctionError::Crashed(ErrorObject::new(
        error_type,
        format!("RequestId: {request_id} Error: {what}"),
    ))
}

pub(super) fn timed_out(request_id: &str, after: Duration) -> FunctionError {
    FunctionError::TimedOut(ErrorObject::new(
        "Sandbox.Timedout",
        format!(
            "RequestId: {request_id} Error: Task timed out after {:.2} seconds",
            after.as_secs_f64()
        ),
    ))
}

pub(super) fn init_timed_out(request_id: &str, after: Duration) -> FunctionError {
    FunctionError::TimedOut(ErrorObject::new(
        "Sandbox.Timedout",
        format!(
            "RequestId: {request_id} Error: the process did not ask for an event within {:.2} seconds after its start",
            after.as_secs_f64()
        ),
    ))
}

pub(super) fn too_large() -> FunctionError {
    FunctionError::Failed(ErrorObject::new(
        "Function.ResponseSizeTooLarge",
        format!(
            "Response payload size exceeded maximum allowed payload size ({RESPONSE_MAX} bytes)."
        ),
    ))
}

/// An error as functions report it. Members that a runtime leaves out, or writes otherwise, don't make it less of an error.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Reported {
    error_type: Option<String>,
    error_message: Option<String>,
    stack_trace: Option<serde_json::Value>,
}

/// What the function itself says went wrong.
pub(super) fn reported(header: Option<&str>, body: &[u8]) -> FunctionError {
    let text = String::from_utf8_lossy(body);
    let Reported {
        error_type,
        error_message,
        stack_trace,
    } = serde_json::from_str(&text).unwrap_or_else(|_| Reported {
        error_message: (!text.is_empty()).then(|| text.into_owned()),
        ..Reported::default()
    });
    let mut error = ErrorObject::new(
        error_type
            .or_else(|| header.map(str::to_owned))
            .unwrap_or_else(|| "Unhandled".to_owned()),
        error_message.unwrap_or_default(),
    );
    if let Some(serde_json::Value::Array(lines)) = stack_trace {
        let line = |line: &serde_json::Value| match line {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        error.stack_trace = lines.iter().map(line).collect();
    }
    FunctionError::Failed(error)
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal()?;
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        4 => "illegal instruction",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        15 => "terminated",
        _ => return Some(signal.to_string()),
    };
    Some(name.to_owned())
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> Option<String> {
    None
}
