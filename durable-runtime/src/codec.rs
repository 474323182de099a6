//! [`Codec`]: what happens to a recorded payload between the value's JSON and the wire.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use thiserror::Error;

/// A boxed future, so that `dyn Codec` is possible.
pub type CodecFuture<'a> = Pin<Box<dyn Future<Output = Result<String, CodecError>> + Send + 'a>>;

/// Which payload a codec is asked about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PayloadContext<'a> {
    /// ARN of the durable execution.
    pub execution_arn: &'a str,
    /// Id of the operation, as on the wire.
    pub operation_id: &'a str,
}

impl<'a> PayloadContext<'a> {
    /// What the runtime hands to a codec; for the tests of one.
    #[must_use]
    pub const fn new(execution_arn: &'a str, operation_id: &'a str) -> Self {
        Self {
            execution_arn,
            operation_id,
        }
    }
}

/// Transforms a recorded payload: compresses it, encrypts it, or keeps it elsewhere and records a reference.
///
/// Works on the text that goes on the wire, so one codec serves every type. `decode(encode(p))` should give `p` back; what the workflow sees is always
/// the decoded form, live as on replay.
///
/// An operation is given one with `.codec(..)`, a step also with `#[step(codec = path)]`, and all operations of a workflow with
/// `#[durable_workflow(codec = path)]`; the operation's own comes first. What a codec is not asked about:
///
/// * the input and the result of an execution, which belong to its caller: whoever starts it and reads its end must not need the codec;
/// * what others send and get: the result of a callback, the input and the result of an invoked function. Such an operation's own `.codec(..)` is asked, the
///   workflow's isn't;
/// * errors. Their type and message are what people and alarms look for, so they are recorded as they are: put nothing secret into an error;
/// * what the runtime notes for itself, such as the time that `now()` read, or which branch of a `race!` came first.
///
/// A history outlives the code. A codec must go on reading what its earlier versions wrote, and what was written before there was one, so give what it writes
/// a mark to be recognised by.
///
/// ```
/// use durable_runtime::{Codec, CodecFuture, PayloadContext};
///
/// /// Writes results back to front, to show the shape.
/// struct Backwards;
///
/// impl Codec for Backwards {
///     fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
///         Box::pin(async move { Ok(payload.chars().rev().collect()) })
///     }
///     fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
///         Box::pin(async move { Ok(recorded.chars().rev().collect()) })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a codec",
    label = "this must implement `durable_runtime::Codec`",
    note = "a codec made at run time can be a `static` of type `LazyLock<..>`"
)]
pub trait Codec: Send + Sync + 'static {
    /// From the value's JSON to what is recorded.
    fn encode<'a>(&'a self, payload: String, context: PayloadContext<'a>) -> CodecFuture<'a>;
    /// From what is recorded to the value's JSON.
    fn decode<'a>(&'a self, recorded: String, context: PayloadContext<'a>) -> CodecFuture<'a>;
}

macro_rules! pointers {
    ($(($($generics:tt)*) $pointer:ty;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Codec for $pointer {
            fn encode<'a>(&'a self, payload: String, context: PayloadContext<'a>) -> CodecFuture<'a> {
                (**self).encode(payload, context)
            }
            fn decode<'a>(&'a self, recorded: String, context: PayloadContext<'a>) -> CodecFuture<'a> {
                (**self).decode(recorded, context)
            }
        }
    )+};
}
// A codec that is made at run time, with a client in it, is shared by the operations that use it.
pointers! {
    (C: Codec + ?Sized) &'static C;
    (C: Codec + ?Sized) Arc<C>;
    (C: Codec + ?Sized) Box<C>;
    (C: Codec) LazyLock<C>;
}

/// A codec could not do its work.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct CodecError {
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    transient: bool,
}

impl CodecError {
    /// An error that is only a message.
    #[must_use]
    pub fn msg(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            transient: false,
        }
    }

    /// An error with its cause.
    #[must_use]
    pub fn new(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(source.into()),
            transient: false,
        }
    }

    /// Says that another try may succeed: the network failed, a store is busy. The invocation then breaks off and is made again, as after any other
    /// failure of infrastructure, and the workflow sees nothing of it.
    ///
    /// Any other error is final: a step whose result can't be encoded fails, and so does an execution whose record can't be decoded.
    ///
    /// ```
    /// use durable_runtime::CodecError;
    ///
    /// let error = CodecError::msg("the store answered 503").transient();
    /// assert!(error.is_transient());
    /// ```
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    /// Whether another try may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.transient
    }
}
