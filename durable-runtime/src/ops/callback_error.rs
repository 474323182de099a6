//! [`CallbackError`]: how a callback can end without a result.

use thiserror::Error;

use super::sent::{shortened, with_line};
use crate::outcome::RecordedError;
use crate::wire::ErrorObject;

const TIMED_OUT: &str = "Callback.Timeout";
const HEARTBEAT_TIMED_OUT: &str = "Callback.Heartbeat";
const UNDECODABLE: &str = "Callback.Undecodable";
/// In the stack trace of an error: it is the submitter's, not the sender's.
const FROM_SUBMITTER: &str = "the submitter of the callback failed";

/// How a callback ended without a result that can be read.
///
/// It survives a child's record, and `?` turns it into an [`Error`](crate::Error) with the type, the message and the data that the sender chose.
///
/// ```
/// use durable_runtime::prelude::*;
/// use durable_runtime::CallbackError;
///
/// #[durable_workflow]
/// async fn approval() -> Result<bool> {
///     let pending = create_callback::<bool>().timeout(Duration::from_hours(72)).await?;
///     match pending.result().await {
///         Ok(approved) => Ok(approved),
///         Err(CallbackError::TimedOut) => Ok(false),
///         Err(other) => Err(other.into()),
///     }
/// }
/// # let _ = approval;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Nobody completed it within its timeout.
    #[error("the callback was not completed within its timeout")]
    TimedOut,
    /// No heartbeat came within its heartbeat timeout.
    #[error("no heartbeat came within the callback's heartbeat timeout")]
    HeartbeatTimedOut,
    /// Whoever held the callback's id completed it with this error, or it was closed from outside. Displays the sender's message.
    #[error("{}", super::sent::message(.0))]
    Failed(ErrorObject),
    /// The submitter of [`wait_for_callback`](crate::wait_for_callback) failed for good, with this error. Displays its message.
    #[error("{}", super::sent::message(.0))]
    SubmitterFailed(ErrorObject),
    /// It was completed with something that does not read as the type that the workflow expects. Says which field and why.
    #[error("{0}")]
    Undecodable(String),
}

impl CallbackError {
    pub(super) fn undecodable(callback: &str, reason: &str) -> Self {
        Self::Undecodable(shortened(&format!(
            "what {callback} was completed with can't be read: {reason}"
        )))
    }

    /// From the record of a callback that timed out.
    pub(super) fn timed_out(error: Option<&ErrorObject>) -> Self {
        match error.and_then(|error| error.error_type.as_deref()) {
            Some(HEARTBEAT_TIMED_OUT) => Self::HeartbeatTimedOut,
            _ => Self::TimedOut,
        }
    }

    /// As it goes on the wire.
    #[must_use]
    pub fn to_object(&self) -> ErrorObject {
        match self {
            Self::TimedOut => ErrorObject::new(TIMED_OUT, self.to_string()),
            Self::HeartbeatTimedOut => ErrorObject::new(HEARTBEAT_TIMED_OUT, self.to_string()),
            Self::Failed(sent) => sent.clone(),
            Self::SubmitterFailed(error) => with_line(error.clone(), FROM_SUBMITTER),
            Self::Undecodable(reason) => ErrorObject::new(UNDECODABLE, reason),
        }
    }

    fn read(object: &ErrorObject) -> Self {
        // A sender may use our words; only what is ours in every field is ours.
        let ours = [Self::TimedOut, Self::HeartbeatTimedOut]
            .into_iter()
            .find(|error| error.to_object() == *object);
        if let Some(error) = ours {
            return error;
        }
        if let Some((FROM_SUBMITTER, above)) = object
            .stack_trace
            .split_last()
            .map(|(last, above)| (last.as_str(), above))
        {
            return Self::SubmitterFailed(ErrorObject {
                stack_trace: above.to_vec(),
                ..object.clone()
            });
        }
        match object.error_type.as_deref() {
            Some(UNDECODABLE) if object.error_data.is_none() && object.stack_trace.is_empty() => {
                Self::Undecodable(object.error_message.clone().unwrap_or_default())
            }
            _ => Self::Failed(object.clone()),
        }
    }
}

#[diagnostic::do_not_recommend]
impl RecordedError for CallbackError {
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

    fn sent() -> ErrorObject {
        ErrorObject::new("Rejected", "not approved")
            .with_data(r#"{"by":"ann"}"#)
            .with_stack_trace(["at desk"])
    }

    #[test]
    fn every_case_survives_a_record() {
        for error in [
            CallbackError::TimedOut,
            CallbackError::HeartbeatTimedOut,
            CallbackError::Failed(sent()),
            CallbackError::Failed(ErrorObject::default()),
            CallbackError::Failed(ErrorObject::new("Callback.Timeout", "I waited too long")),
            CallbackError::SubmitterFailed(sent()),
            CallbackError::SubmitterFailed(ErrorObject::default()),
            CallbackError::undecodable("callback `x`", "`a.b` does not decode"),
        ] {
            let read = CallbackError::from_object(&error.to_object());
            assert_eq!(read, Ok(error));
        }
    }

    #[test]
    fn a_question_mark_keeps_what_the_sender_sent() {
        let failed = CallbackError::Failed(sent());
        assert_eq!(failed.to_string(), "not approved");

        let error = Error::from(failed);

        assert_eq!(error.to_object(), sent());
        assert_eq!(error.to_string(), "not approved");
    }
}
