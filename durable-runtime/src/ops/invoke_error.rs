//! [`InvokeError`]: how an invoked function can end without a result.

use thiserror::Error;

use super::sent::{shortened, with_line};
use crate::outcome::RecordedError;
use crate::wire::ErrorObject;

const UNDECODABLE: &str = "Invoke.Undecodable";
/// In the stack trace of an error: how it came about.
const TIMED_OUT: &str = "the invoked function timed out";
const STOPPED: &str = "the invoked function was stopped";

/// How an invoked function ended without a result that can be read. Displays the function's own message.
///
/// It survives a child's record, and `?` turns it into an [`Error`](crate::Error) with the type, the message and the data that the function
/// failed with.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[durable_workflow]
/// async fn bill(order: String) -> Result<Option<String>> {
///     match invoke::<String>("invoices:prod", &order).await {
///         Ok(invoice) => Ok(Some(invoice)),
///         Err(InvokeError::Failed(error)) if error.error_type.as_deref() == Some("NothingToPay") => Ok(None),
///         Err(other) => Err(other.into()),
///     }
/// }
/// # let _ = bill;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// It failed with this error.
    #[error("{}", super::sent::message(.0))]
    Failed(ErrorObject),
    /// It did not end within its own timeout.
    #[error("{}", super::sent::message(.0))]
    TimedOut(ErrorObject),
    /// Somebody stopped it.
    #[error("{}", super::sent::message(.0))]
    Stopped(ErrorObject),
    /// It returned something that does not read as the type that the workflow expects. Says which field and why.
    #[error("{0}")]
    Undecodable(String),
}

impl InvokeError {
    pub(super) fn undecodable(invoke: &str, reason: &str) -> Self {
        Self::Undecodable(shortened(&format!(
            "what {invoke} returned can't be read: {reason}"
        )))
    }

    /// As it goes on the wire.
    #[must_use]
    pub fn to_object(&self) -> ErrorObject {
        match self {
            Self::Failed(error) => error.clone(),
            Self::TimedOut(error) => with_line(error.clone(), TIMED_OUT),
            Self::Stopped(error) => with_line(error.clone(), STOPPED),
            Self::Undecodable(reason) => ErrorObject::new(UNDECODABLE, reason),
        }
    }

    fn read(object: &ErrorObject) -> Self {
        let bare = object.error_data.is_none() && object.stack_trace.is_empty();
        if bare && object.error_type.as_deref() == Some(UNDECODABLE) {
            return Self::Undecodable(object.error_message.clone().unwrap_or_default());
        }
        let (last, above) = match object.stack_trace.split_last() {
            Some((last, above)) => (last.as_str(), above),
            None => ("", &[][..]),
        };
        let without_line = || ErrorObject {
            stack_trace: above.to_vec(),
            ..object.clone()
        };
        match last {
            TIMED_OUT => Self::TimedOut(without_line()),
            STOPPED => Self::Stopped(without_line()),
            _ => Self::Failed(object.clone()),
        }
    }
}

#[diagnostic::do_not_recommend]
impl RecordedError for InvokeError {
    fn to_object(&self) -> ErrorObject {
        Self::to_object(self)
    }

    fn from_object(object: &ErrorObject) -> Result<Self, String> {
        Ok(Self::read(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn every_case_survives_a_record_and_keeps_what_the_function_said() {
        let sent = ErrorObject::new("Declined", "no funds")
            .with_data("51")
            .with_stack_trace(["in pay"]);
        for error in [
            InvokeError::Failed(sent.clone()),
            InvokeError::Failed(ErrorObject::default()),
            InvokeError::TimedOut(sent.clone()),
            InvokeError::Stopped(sent.clone()),
            InvokeError::Stopped(ErrorObject::default()),
            InvokeError::undecodable("invoke `pay`", "`a.b` does not decode"),
        ] {
            let read = InvokeError::from_object(&error.to_object());
            assert_eq!(read, Ok(error));
        }

        let error = Error::from(InvokeError::TimedOut(sent));
        assert_eq!(error.type_name(), "Declined");
        assert_eq!(error.to_string(), "no funds");
        assert_eq!(error.data(), Some(51));
        assert_eq!(error.chain().last(), Some(TIMED_OUT));
    }
}
