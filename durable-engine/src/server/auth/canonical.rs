//! The canonical form of a request, which is what is signed.
//!
//! Of what was received, byte for byte: no path is normalised and no encoding is repaired, so that no two requests which the server could read differently have
//! the same form. AWS's clients escape the whole of a label, and escape the path once more when they sign, which is what is done here with the path as it came.

use std::fmt::Write as _;

use http::HeaderName;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// All but the characters that URIs have unreserved, RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The canonical request. `signed` is in the order of the signature.
pub(super) fn request(parts: &Parts, signed: &[HeaderName], body_hash: &str) -> String {
    let path = percent_encode(parts.uri.path().as_bytes(), RESERVED_IN_PATH);
    let query = query(parts.uri.query().unwrap_or_default());
    let mut text = format!("{}\n{path}\n{query}\n", parts.method);
    for name in signed {
        let value = parts.headers.get(name).map(|value| value.as_bytes());
        let value = squeezed(value.unwrap_or_default());
        // Writing to a string can't fail.
        let _ = writeln!(text, "{name}:{value}");
    }
    let names: Vec<&str> = signed.iter().map(HeaderName::as_str).collect();
    let _ = write!(text, "\n{}\n{body_hash}", names.join(";"));
    text
}

/// The parameters in order, each escaped in the one way there is. `+` stands for itself, as it does when the parameters are read.
fn query(query: &str) -> String {
    let escaped = |text: &str| {
        let bytes: Vec<u8> = percent_decode_str(text).collect();
        percent_encode(&bytes, RESERVED).to_string()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (escaped(name), escaped(value))
        })
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// A header's value without spaces around it, and one where several are. What isn't UTF-8 gets a replacement character, and so a signature that no client made.
fn squeezed(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let words = text.split(' ').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
