use std::fmt;

use serde::{Deserialize, Serialize};

use super::lenient::null_as_default;

/// An error on the wire. Every member is optional there.
///
/// ```
/// use durable_runtime::wire::ErrorObject;
///
/// let error = ErrorObject::new("Declined", "the card was refused").with_data(r#"{"code":51}"#);
/// let text = serde_json::to_string(&error).unwrap();
/// assert_eq!(text, r#"{"ErrorType":"Declined","ErrorMessage":"the card was refused","ErrorData":"{\"code\":51}"}"#);
/// assert_eq!(error.to_string(), "Declined: the card was refused");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorObject {
    /// The error's type, by its short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// What it says to a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The error itself, serialised, from which its type can be rebuilt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_data: Option<String>,
    /// Where it came from: the chain of its sources, or stack frames. Empty when nothing is known.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub stack_trace: Vec<String>,
}

impl ErrorObject {
    /// An error with a type and a message.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error_type: Some(error_type.into()),
            error_message: Some(message.into()),
            error_data: None,
            stack_trace: Vec::new(),
        }
    }

    /// Adds the serialised error.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<String>) -> Self {
        self.error_data = Some(data.into());
        self
    }

    /// Adds the chain of sources, outermost first.
    #[must_use]
    pub fn with_stack_trace(
        mut self,
        entries: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.stack_trace = entries.into_iter().map(Into::into).collect();
        self
    }

    /// The size the service limits: the bytes of all fields together, to compare with
    /// [`ERROR_MAX`](super::limits::ERROR_MAX).
    pub fn size(&self) -> usize {
        let text = |field: &Option<String>| field.as_ref().map_or(0, String::len);
        text(&self.error_type)
            + text(&self.error_message)
            + text(&self.error_data)
            + self.stack_trace.iter().map(String::len).sum::<usize>()
    }
}

/// `Type: message`, or whichever of the two is there.
impl fmt::Display for ErrorObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.error_type.as_deref(), self.error_message.as_deref()) {
            (Some(kind), Some(message)) => write!(f, "{kind}: {message}"),
            (Some(only), None) | (None, Some(only)) => f.write_str(only),
            (None, None) => f.write_str("an error without type or message"),
        }
    }
}
