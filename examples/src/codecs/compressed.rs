//! [`Compressed`]: results that take a fraction of their size in the history.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// What is recorded instead of a payload: this, and zlib in base64. No JSON begins so.
const MARK: &str = "zlib1:";

/// Payloads below this are not tried: there is next to nothing to win.
const TRY_FROM: usize = 256;

/// What a record may unfold to. A history is no place for more, and a damaged or hostile one must not fill the memory.
const UNFOLDED_MAX: u64 = 64 * 1024 * 1024;

/// Compresses payloads where it pays, and records the others as they are.
///
/// Base64 costs a third, and text (JSON most of all) compresses to a tenth. What goes over the wire shrinks more than that: the quotes in a JSON payload are
/// escaped there, and base64 has none.
#[derive(Clone, Copy, Debug)]
pub struct Compressed;

impl Codec for Compressed {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { fold(payload) })
    }

    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { unfold(recorded) })
    }
}

fn fold(payload: String) -> Result<String, CodecError> {
    // What begins like a record of ours would be taken for one, so it becomes one.
    let must = payload.starts_with(MARK);
    if payload.len() < TRY_FROM && !must {
        return Ok(payload);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let folded = encoder
        .write_all(payload.as_bytes())
        .and_then(|()| encoder.finish())
        .map_err(|error| CodecError::new("the payload can't be compressed", error))?;
    let mut record = MARK.to_owned();
    STANDARD_NO_PAD.encode_string(folded, &mut record);
    Ok(if record.len() < payload.len() || must {
        record
    } else {
        payload
    })
}

fn unfold(recorded: String) -> Result<String, CodecError> {
    let Some(folded) = recorded.strip_prefix(MARK) else {
        // It did not pay, or was recorded before there was compression.
        return Ok(recorded);
    };
    let folded = STANDARD_NO_PAD
        .decode(folded)
        .map_err(|error| CodecError::new("the compressed record is no base64", error))?;
    let mut payload = String::new();
    let mut decoder = ZlibDecoder::new(&*folded).take(UNFOLDED_MAX + 1);
    decoder
        .read_to_string(&mut payload)
        .map_err(|error| CodecError::new("the compressed record is damaged", error))?;
    if payload.len() as u64 > UNFOLDED_MAX {
        return Err(CodecError::msg(format!(
            "the compressed record unfolds to more than {UNFOLDED_MAX} bytes"
        )));
    }
    Ok(payload)
}
