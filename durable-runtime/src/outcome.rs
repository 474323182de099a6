//! How a step's or a workflow's return value becomes a record and is read back.
//!
//! A `Result` is recorded as SUCCEEDED or FAILED, anything else as SUCCEEDED. Which of the two a type is can't be
//! asked with a trait bound, because `Result<T, E>` is serializable itself; the probes below ask by structure, at the place where the
//! macro knows the concrete type.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, short_type_name};
use crate::fault::{StepFault, TimedOut};
use crate::json_path::path_to;
use crate::wire::ErrorObject;

/// A value that can be recorded: `Serialize + DeserializeOwned + Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be recorded and read back [DW021]",
    label = "this must be `Serialize + DeserializeOwned + Send`",
    note = "what a step or a workflow takes and returns is written to its history as JSON",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to the type, or return one that has it"
)]
pub trait Payload: Serialize + DeserializeOwned + Send {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send> Payload for T {}

/// A value that somebody else sends: `DeserializeOwned + Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from what others send [DW021]",
    label = "this must be `DeserializeOwned + Send`",
    note = "the result of a callback or of an invoked function arrives as JSON",
    note = "add `#[derive(serde::Deserialize)]` to the type"
)]
pub trait Received: DeserializeOwned + Send {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send> Received for T {}

/// An error that a step or a workflow may return: [`Error`], or any
/// `Serialize + DeserializeOwned + Display + Send`.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` can't be recorded and read back [DW021]",
    label = "this must be `Serialize + DeserializeOwned + Display + Send`",
    note = "the caller gets the same typed error on replay as live, so it is written to the history",
    note = "derive `serde::Serialize`, `serde::Deserialize` and `thiserror::Error`, or return `durable_runtime::Result`"
)]
pub trait RecordedError: Sized + Send {
    /// As it goes on the wire.
    fn to_object(&self) -> ErrorObject;
    /// Read back; the message names the field that doesn't fit.
    ///
    /// # Errors
    /// When the record isn't one of this type.
    fn from_object(object: &ErrorObject) -> Result<Self, String>;
    /// Made from a fault, if the type has room for one.
    ///
    /// # Errors
    /// Gives the fault back when it has not.
    fn from_fault(fault: StepFault) -> Result<Self, StepFault> {
        Err(fault)
    }
}

impl RecordedError for Error {
    fn to_object(&self) -> ErrorObject {
        Error::to_object(self)
    }
    fn from_object(object: &ErrorObject) -> Result<Self, String> {
        Ok(Self::from(object.clone()))
    }
    fn from_fault(fault: StepFault) -> Result<Self, StepFault> {
        Ok(fault.into())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Serialize + DeserializeOwned + Display + Send> RecordedError for E {
    fn to_object(&self) -> ErrorObject {
        ErrorObject {
            error_type: Some(short_type_name::<E>()),
            error_message: Some(self.to_string()),
            error_data: serde_json::to_string(self).ok(),
            stack_trace: Vec::new(),
        }
    }
    fn from_object(object: &ErrorObject) -> Result<Self, String> {
        let data = object.error_data.as_deref().ok_or_else(|| {
            format!(
                "the record has no error data, only type `{}` and message `{}`",
                object.error_type.as_deref().unwrap_or("none"),
                object.error_message.as_deref().unwrap_or("none"),
            )
        })?;
        decode_json(data)
    }
}

/// An error type that a step with a timeout can return.
#[diagnostic::on_unimplemented(
    message = "a step with a timeout must be able to say that it timed out, but `{Self}` can't be made from `TimedOut`",
    note = "add a variant with `#[from] durable_runtime::TimedOut`, or return `durable_runtime::Result`"
)]
pub trait FromTimedOut {
    /// The error that says so.
    fn from_timed_out(timed_out: TimedOut) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<TimedOut>> FromTimedOut for E {
    fn from_timed_out(timed_out: TimedOut) -> Self {
        timed_out.into()
    }
}

/// An encoded outcome.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Encoded {
    /// JSON of the value.
    Value(String),
    /// The error.
    Error(ErrorObject),
}

impl Encoded {
    pub(crate) fn as_recorded(&self) -> Recorded<'_> {
        match self {
            Self::Value(json) => Recorded::Value(json),
            Self::Error(object) => Recorded::Error(object),
        }
    }
}

/// A recorded outcome, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Recorded<'a> {
    /// JSON of the value.
    Value(&'a str),
    /// The error.
    Error(&'a ErrorObject),
}

/// Gives the messages of an error's sources, nearest first.
pub(crate) type Trace<Out> = fn(&Out) -> Vec<String>;

/// How values of type `Out` are encoded, decoded, and made from faults. Built by [`outcome!`](crate::__outcome).
#[derive(Debug)]
pub struct Outcome<Out> {
    pub(crate) encode: fn(&Out) -> Result<Encoded, String>,
    pub(crate) decode: fn(Recorded<'_>) -> Result<Out, String>,
    /// Made from a fault by what the error's type says of itself.
    own_fault: fn(StepFault) -> Result<Out, StepFault>,
    /// Made from a fault by a conversion that a probe found.
    fault: Option<fn(StepFault) -> Out>,
    trace: Option<Trace<Out>>,
}

impl<Out> Clone for Outcome<Out> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Out> Copy for Outcome<Out> {}

impl<Out> Outcome<Out> {
    /// One of a type that the runtime made for itself.
    pub(crate) fn new(
        encode: fn(&Out) -> Result<Encoded, String>,
        decode: fn(Recorded<'_>) -> Result<Out, String>,
        own_fault: fn(StepFault) -> Result<Out, StepFault>,
    ) -> Self {
        Self {
            encode,
            decode,
            own_fault,
            fault: None,
            trace: None,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn with_probes(
        mut self,
        fault: Option<fn(StepFault) -> Out>,
        trace: Option<Trace<Out>>,
    ) -> Self {
        self.fault = fault;
        self.trace = trace;
        self
    }

    /// A fault as what the function returns, if its error type has room for one.
    pub(crate) fn made_of_fault(&self, fault: StepFault) -> Result<Out, StepFault> {
        match self.fault {
            Some(from_fault) => Ok(from_fault(fault)),
            None => (self.own_fault)(fault),
        }
    }

    /// Encodes, with the error's source chain where its type has one.
    pub(crate) fn encode(&self, out: &Out) -> Result<Encoded, String> {
        let mut encoded = (self.encode)(out)?;
        if let (Encoded::Error(object), Some(trace)) = (&mut encoded, self.trace) {
            let chain = trace(out);
            if object.stack_trace.is_empty() {
                object.stack_trace = chain;
            }
        }
        Ok(encoded)
    }
}

/// Any value, recorded as SUCCEEDED.
#[doc(hidden)]
#[must_use]
pub fn plain<T: Payload>() -> Outcome<T> {
    Outcome {
        encode: |value| encode_json(value).map(Encoded::Value),
        decode: |recorded| match recorded {
            Recorded::Value(json) => decode_json(json),
            Recorded::Error(object) => Err(unexpected_error(object)),
        },
        own_fault: Err,
        fault: None,
        trace: None,
    }
}

/// A `Result`, recorded as SUCCEEDED or FAILED.
#[doc(hidden)]
#[must_use]
pub fn fallible<T: Payload, E: RecordedError>() -> Outcome<Result<T, E>> {
    Outcome {
        encode: |result| match result {
            Ok(value) => encode_json(value).map(Encoded::Value),
            Err(error) => Ok(Encoded::Error(error.to_object())),
        },
        decode: |recorded| match recorded {
            Recorded::Value(json) => decode_json(json).map(Ok),
            Recorded::Error(object) => E::from_object(object).map(Err),
        },
        own_fault: |fault| E::from_fault(fault).map(Err),
        fault: None,
        trace: None,
    }
}

fn unexpected_error(object: &ErrorObject) -> String {
    format!(
        "the record is an error (`{}`: {}), and the code expects a value",
        object.error_type.as_deref().unwrap_or("no type"),
        object.error_message.as_deref().unwrap_or("no message"),
    )
}

/// Reads a value of the type that it was made for. Carried along instead of a bound, so that a type that can't be read is reported where it is
/// named, and nowhere else.
pub(crate) type Reader<T> = fn(&str) -> Result<T, String>;

pub(crate) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| format!("it can't be written as JSON: {error}"))
}

/// Reads JSON, or says what can't be read and where that is.
pub(crate) fn decode_json<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| unreadable(&error, json, &short_type_name::<T>()))
}

/// Apart, so that it is in a program once and not for each type.
fn unreadable(error: &serde_json::Error, json: &str, type_name: &str) -> String {
    let path = path_to(error, json);
    if path.is_empty() {
        format!("it does not decode as `{type_name}`: {error}")
    } else {
        format!("`{path}` does not decode: {error}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, thiserror::Error, Serialize, serde::Deserialize)]
    enum Declined {
        #[error("card {card} declined")]
        Card { card: String },
    }

    type Alias = Result<u32, Declined>;

    #[test]
    fn a_result_behind_an_alias_is_recorded_as_value_or_error() {
        let outcome = crate::__outcome!(Alias);

        assert_eq!(outcome.encode(&Ok(7)), Ok(Encoded::Value("7".into())));
        let encoded = outcome
            .encode(&Err(Declined::Card { card: "42".into() }))
            .unwrap();
        let Encoded::Error(object) = &encoded else {
            panic!("{encoded:?}")
        };
        assert_eq!(object.error_type.as_deref(), Some("Declined"));
        assert_eq!(object.error_message.as_deref(), Some("card 42 declined"));
        assert_eq!(
            (outcome.decode)(encoded.as_recorded()),
            Ok(Err(Declined::Card { card: "42".into() }))
        );
        assert!(
            outcome
                .made_of_fault(StepFault::new(
                    crate::fault::StepFaultKind::Panicked,
                    "boom"
                ))
                .is_err(),
            "Declined can't be made from a fault"
        );
    }

    #[test]
    fn a_plain_value_is_recorded_whole() {
        let outcome = crate::__outcome!(Vec<u8>);
        assert_eq!(
            outcome.encode(&vec![1, 2]),
            Ok(Encoded::Value("[1,2]".into()))
        );
        let whole = crate::__outcome!(plain Result<u32, String>);
        assert_eq!(
            whole.encode(&Err("x".into())),
            Ok(Encoded::Value(r#"{"Err":"x"}"#.into()))
        );
    }

    #[test]
    fn the_runtimes_error_takes_faults() {
        let outcome = crate::__outcome!(crate::Result<u32>);
        let fault = StepFault::new(crate::fault::StepFaultKind::Panicked, "boom");
        let error = outcome.made_of_fault(fault).unwrap().unwrap_err();
        assert_eq!(error.type_name(), "StepFault");
    }

    #[test]
    fn a_record_of_another_shape_names_the_field() {
        #[derive(Debug, serde::Deserialize)]
        struct Order {
            #[serde(rename = "lines")]
            _lines: Vec<Line>,
        }
        #[derive(Debug, serde::Deserialize)]
        struct Line {
            #[serde(rename = "count")]
            _count: u8,
        }
        let error = decode_json::<Order>(r#"{"lines":[{"count":1},{"count":"two"}]}"#).unwrap_err();
        assert!(error.contains("`lines[1].count`"), "{error}");
    }
}
