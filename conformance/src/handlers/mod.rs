//! The handlers, a module per suite. A handler is named after what its requirement is about; its comment gives the requirement's id.

pub mod child;
pub mod step;
pub mod wait;

use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};

/// Records text in capitals and without quotes, so that what was recorded isn't what was returned, nor JSON.
#[derive(Clone, Copy, Debug)]
pub struct Uppercase;

impl Codec for Uppercase {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            let text = payload
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'))
                .ok_or_else(|| CodecError::msg(format!("`{payload}` is no text")))?;
            Ok(text.to_uppercase())
        })
    }

    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(format!("\"{recorded}\"")) })
    }
}
