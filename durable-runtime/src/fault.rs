//! What can go wrong with a step besides the error its body returns.

use thiserror::Error;

use crate::wire::ErrorObject;

/// A step's body did not finish within its `timeout`.
///
/// A step with a timeout needs an error type that can be made from this one: `E: From<TimedOut>`.
///
/// ```
/// #[derive(Debug, thiserror::Error)]
/// enum ShipError {
///     #[error("no carrier")]
///     NoCarrier,
///     #[error(transparent)]
///     Slow(#[from] durable_runtime::TimedOut),
/// }
/// # let _ = ShipError::NoCarrier;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error, serde::Serialize, serde::Deserialize)]
#[error("step `{step}` did not finish within {} s", .after_millis.div_ceil(1000))]
pub struct TimedOut {
    /// The step's name.
    pub step: String,
    /// The timeout, in milliseconds.
    pub after_millis: u64,
}

/// Why a step failed without an error of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepFaultKind {
    /// The body panicked. Counts as a failed attempt and is retried by the step's strategy.
    Panicked,
    /// An at-most-once step was started, and the process died before its result was recorded. Whether its side effect
    /// happened is unknown; the attempt counts as failed and the step's strategy decides whether to try again.
    Interrupted,
    /// The encoded result or error is larger than an operation may record. Never retried.
    PayloadTooLarge,
    /// The value could not be encoded, or what was encoded does not decode to the same type. Never retried.
    NotRecordable,
}

impl StepFaultKind {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Panicked, "Step.Panicked"),
        (Self::Interrupted, "Step.Interrupted"),
        (Self::PayloadTooLarge, "Step.PayloadTooLarge"),
        (Self::NotRecordable, "Step.NotRecordable"),
    ];

    pub(crate) fn error_type(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("Step.Fault", |(_, name)| name)
    }

    fn from_error_type(error_type: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == error_type)
            .map(|(kind, _)| *kind)
    }

    /// Whether another attempt could end otherwise.
    pub(crate) fn is_retryable(self) -> bool {
        matches!(self, Self::Panicked | Self::Interrupted)
    }
}

/// A step failed without an error of its own: it panicked, was interrupted, or its result could not be recorded.
///
/// A step whose error type can be made from this one (`E: From<StepFault>`; [`Error`](crate::Error) can) hands it to the workflow.
/// A step whose error type can't, or that returns no `Result`, fails the execution with it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct StepFault {
    /// What went wrong.
    pub kind: StepFaultKind,
    /// The sentence for people.
    pub message: String,
}

impl StepFault {
    pub(crate) fn new(kind: StepFaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn to_object(&self) -> ErrorObject {
        ErrorObject {
            error_type: Some(self.kind.error_type().to_owned()),
            error_message: Some(self.message.clone()),
            ..ErrorObject::default()
        }
    }

    pub(crate) fn from_object(object: &ErrorObject) -> Option<Self> {
        let kind = StepFaultKind::from_error_type(object.error_type.as_deref()?)?;
        Some(Self {
            kind,
            message: object.error_message.clone().unwrap_or_default(),
        })
    }
}

/// The text of a caught panic.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&'static str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is no text".to_owned())
}

/// Runs user code that has no attempt of its own to fail (a `Serialize`, a retry strategy); a panic becomes its message.
pub(crate) fn no_panic<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
        .map_err(|panic| format!("it panicked: {}", panic_message(&*panic)))
}
