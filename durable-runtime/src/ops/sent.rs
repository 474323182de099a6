//! Errors that the outside sent, on their way through the workflow: what the sender said stays as it is.

use std::any::Any;

use super::{CallbackError, InvokeError};
use crate::wire::{ErrorObject, limits};

/// What a person sees of a sent error: the sender's words, nothing else.
pub(super) fn message(sent: &ErrorObject) -> &str {
    sent.error_message
        .as_deref()
        .or(sent.error_type.as_deref())
        .unwrap_or("an error without type or message")
}

/// Adds a line of our own where one may stand: under the stack trace. A trace that leaves it no room goes.
pub(super) fn with_line(mut error: ErrorObject, line: impl Into<String>) -> ErrorObject {
    let line = line.into();
    if error.size().saturating_add(line.len()) > limits::ERROR_MAX {
        error.stack_trace.clear();
    }
    error.stack_trace.push(line);
    error
}

/// The most that is kept of a sentence about something the outside sent; it may quote all of it.
const LONGEST_REASON: usize = 1_000;

/// A sentence of a size that fits into an error.
pub(super) fn shortened(reason: &str) -> String {
    match reason.char_indices().nth(LONGEST_REASON) {
        None => reason.to_owned(),
        Some((end, _)) => format!("{}…", reason.get(..end).unwrap_or_default()),
    }
}

/// The object behind an error that stands for one from outside.
pub(crate) fn sent_from_outside(error: &dyn Any) -> Option<ErrorObject> {
    let callback = error.downcast_ref::<CallbackError>();
    let invoke = || error.downcast_ref::<InvokeError>();
    callback
        .map(CallbackError::to_object)
        .or_else(|| invoke().map(InvokeError::to_object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_finds_room_in_the_largest_error() {
        let error = ErrorObject::new("T", "m".repeat(1000))
            .with_stack_trace(vec!["x".repeat(limits::ERROR_MAX - 1001)]);
        let error = with_line(error, "ours");
        assert_eq!(error.stack_trace, ["ours"]);
    }

    #[test]
    fn a_reason_is_cut_between_letters() {
        let long = "ß".repeat(5_000);
        assert_eq!(shortened(&long).chars().count(), LONGEST_REASON + 1);
        assert_eq!(shortened("short"), "short");
    }
}
