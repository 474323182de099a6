//! [`Codec`]: what happens to a recorded payload between the value's JSON and the wire.

use std::future::Future;
use std::pin::Pin;

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

/// Transforms a recorded payload: compresses it, encrypts it, or keeps it elsewhere and records a reference.
///
/// Works on the text that goes on the wire, so one codec serves every type. `decode(encode(p))` must give `p` back; what the
/// workflow sees is always the decoded form, live as on replay.
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
pub trait Codec: Send + Sync + 'static {
    /// From the value's JSON to what is recorded.
    fn encode<'a>(&'a self, payload: String, context: PayloadContext<'a>) -> CodecFuture<'a>;
    /// From what is recorded to the value's JSON.
    fn decode<'a>(&'a self, recorded: String, context: PayloadContext<'a>) -> CodecFuture<'a>;
}

/// A codec could not do its work.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct CodecError {
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl CodecError {
    /// An error that is only a message.
    #[must_use]
    pub fn msg(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
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
        }
    }
}
