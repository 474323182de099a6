//! [`Error`]: the error of workflows and steps that don't need a type of their own.

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::saga::CompensationFailure;
use crate::wire::ErrorObject;

/// `Result` with [`Error`], what the prelude exports.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of any kind that survives a checkpoint.
///
/// `?` turns every `std::error::Error` into one. What survives being recorded and read back is what the wire has room for: the
/// type's short name, the message, the chain of sources as text, and the data attached with [`Error::with_data`]. There is no downcast, because a
/// workflow must see the same on replay as live; ask [`is`](Self::is) or give the step an error type of its own.
///
/// ```
/// use durable_runtime::{Error, Result};
///
/// fn parse(text: &str) -> Result<u32> {
///     Ok(text.parse::<u32>()?)
/// }
/// let error = parse("x").unwrap_err();
/// assert_eq!(error.type_name(), "ParseIntError");
/// assert_eq!(error.to_string(), "invalid digit found in string");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    type_name: String,
    message: String,
    chain: Vec<String>,
    data: Option<String>,
    not_undone: Vec<CompensationFailure>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error that is only a message.
    ///
    /// ```
    /// let error = durable_runtime::Error::msg("no stock left");
    /// assert_eq!(error.type_name(), "Error");
    /// ```
    #[must_use]
    pub fn msg(message: impl fmt::Display) -> Self {
        Self::with_type("Error", message)
    }

    /// An error with a type name of the caller's choice, for others to ask with [`is`](Self::is).
    #[must_use]
    pub fn with_type(type_name: impl Into<String>, message: impl fmt::Display) -> Self {
        Self(Box::new(Inner {
            type_name: type_name.into(),
            message: message.to_string(),
            chain: Vec::new(),
            data: None,
            not_undone: Vec::new(),
            source: None,
        }))
    }

    /// Attaches data that survives the checkpoint; read it with [`data`](Self::data).
    ///
    /// Data that can't be written as JSON is left out: an error on the way to be reported must not be replaced by another.
    #[must_use]
    pub fn with_data(mut self, data: &impl Serialize) -> Self {
        self.0.data = serde_json::to_string(data).ok();
        self
    }

    /// Puts a sentence before the message; the message so far becomes the source.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        let below = std::mem::replace(&mut self.0.message, context.to_string());
        self.0.chain.insert(0, below);
        self.0.source = None;
        self
    }

    /// The short type name of the original error: `ParseIntError`, `Declined`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.0.type_name
    }

    /// Whether the original error's short type name is `type_name`.
    #[must_use]
    pub fn is(&self, type_name: &str) -> bool {
        self.0.type_name == type_name
    }

    /// The data attached with [`with_data`](Self::with_data), or the original typed error's fields. `None` if there is none or it has another shape.
    #[must_use]
    pub fn data<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.0.data.as_deref()?).ok()
    }

    /// The messages of the sources, nearest first.
    pub fn chain(&self) -> impl Iterator<Item = &str> {
        self.0.chain.iter().map(String::as_str)
    }

    /// What the workflow that returned this error did and could not undo: the steps whose [compensation](crate::Step::compensate) failed, in the
    /// order in which they were tried. Empty when everything was undone.
    ///
    /// A workflow whose error type is another one returns it without them. They are in its record all the same, in the StackTrace, and an event of
    /// level ERROR was logged for each.
    ///
    /// ```
    /// # use durable_runtime::Error;
    /// # let error = Error::msg("no flight");
    /// for failure in error.compensation_failures() {
    ///     eprintln!("{} is still there: {}", failure.name, failure.error);
    /// }
    /// ```
    #[must_use]
    pub fn compensation_failures(&self) -> &[CompensationFailure] {
        &self.0.not_undone
    }

    /// As it goes on the wire.
    #[must_use]
    pub fn to_object(&self) -> ErrorObject {
        let not_undone = self.0.not_undone.iter().map(CompensationFailure::to_entry);
        ErrorObject {
            error_type: Some(self.0.type_name.clone()),
            error_message: Some(self.0.message.clone()),
            error_data: self.0.data.clone(),
            stack_trace: self.0.chain.iter().cloned().chain(not_undone).collect(),
        }
    }
}

impl From<ErrorObject> for Error {
    fn from(object: ErrorObject) -> Self {
        let mut chain = Vec::new();
        let mut not_undone = Vec::new();
        for entry in object.stack_trace {
            match CompensationFailure::from_entry(&entry) {
                Some(failure) => not_undone.push(failure),
                None => chain.push(entry),
            }
        }
        Self(Box::new(Inner {
            type_name: object.error_type.unwrap_or_else(|| "Error".to_owned()),
            message: object.error_message.unwrap_or_default(),
            chain,
            not_undone,
            data: object.error_data,
            source: None,
        }))
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        // What the outside sent goes on as it was sent.
        let sent = crate::ops::sent_from_outside(&error).map(Self::from);
        if let Some(Self(mut inner)) = sent {
            inner.source = Some(Box::new(error));
            return Self(inner);
        }
        Self(Box::new(Inner {
            type_name: short_type_name::<E>(),
            message: error.to_string(),
            chain: source_chain(&error),
            data: None,
            not_undone: Vec::new(),
            source: Some(Box::new(error)),
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if f.alternate() {
            for below in &self.0.chain {
                write!(f, ": {below}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f
                .debug_struct("Error")
                .field("type", &self.0.type_name)
                .field("message", &self.0.message)
                .field("chain", &self.0.chain)
                .field("data", &self.0.data)
                .field("not_undone", &self.0.not_undone)
                .field("source", &self.0.source)
                .finish();
        }
        write!(f, "{}: {}", self.0.type_name, self.0.message)?;
        for below in &self.0.chain {
            write!(f, "\n  caused by: {below}")?;
        }
        for failure in &self.0.not_undone {
            write!(f, "\n  not undone: {}: {}", failure.name, failure.error)?;
        }
        Ok(())
    }
}

/// The messages of an error's sources, nearest first.
pub(crate) fn source_chain(error: &dyn StdError) -> Vec<String> {
    let mut chain = Vec::new();
    let mut below = error.source();
    while let Some(error) = below {
        chain.push(error.to_string());
        below = error.source();
    }
    chain
}

/// The type's name without the modules it stands in: `my::shop::Declined<a::B>` → `Declined<B>`.
pub(crate) fn short_type_name<T: ?Sized>() -> String {
    let mut short = String::new();
    let mut segment = String::new();
    for letter in std::any::type_name::<T>().chars() {
        match letter {
            ':' => segment.clear(),
            letter if letter.is_alphanumeric() || letter == '_' => segment.push(letter),
            letter => {
                short.push_str(&segment);
                segment.clear();
                short.push(letter);
            }
        }
    }
    short + &segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer<T: fmt::Debug>(#[source] std::num::ParseIntError, T);

    #[test]
    fn type_message_chain_and_data_survive_the_wire() {
        let cause = "x".parse::<u8>().unwrap_err();
        let error = Error::from(Outer(cause, 1u8))
            .with_data(&vec![1, 2])
            .context("while counting");

        let read = Error::from(error.to_object());

        assert_eq!(read.type_name(), "Outer<u8>");
        assert_eq!(read.to_string(), "while counting");
        assert_eq!(
            format!("{read:#}"),
            "while counting: outer: invalid digit found in string"
        );
        assert_eq!(read.data::<Vec<u8>>(), Some(vec![1, 2]));
        assert_eq!(read.to_object(), error.to_object());
    }

    #[test]
    fn data_of_another_shape_is_none() {
        assert_eq!(Error::msg("x").with_data(&"text").data::<u32>(), None);
        assert_eq!(Error::msg("x").data::<u32>(), None);
    }
}
