//! [`answers`]: the answers that a server has written to a connection.

use httparse::{EMPTY_HEADER, Response, Status, parse_chunk_size};

/// More headers than any answer has.
const HEADERS_MAX: usize = 64;

/// An answer, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The header of this name, which is written in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(of, _)| of == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// All of them. `is_head`: the first one is to a HEAD, and has no body whatever it says of one. `cut`: the connection was closed from the other end, so the last
/// one may not be whole.
///
/// # Errors
/// What is wrong with one that is not well-formed.
pub fn answers(mut bytes: &[u8], is_head: bool, cut: bool) -> Result<Vec<Answer>, String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        match answer(bytes, is_head)? {
            Some((answer, rest)) => {
                bytes = rest;
                let is_last = is_head && answer.status >= 200;
                found.push(answer);
                // Where the next one begins can't be seen, since each may be to a HEAD.
                if is_last {
                    break;
                }
            }
            None if cut => break,
            None => return Err(format!("it ends in the middle of {bytes:?}")),
        }
    }
    Ok(found)
}

/// What stands at the beginning of bytes, and what is behind it; none when it is not whole.
type Found<'a, T> = Result<Option<(T, &'a [u8])>, String>;

/// The first one.
fn answer(bytes: &[u8], is_head: bool) -> Found<'_, Answer> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut head = Response::new(&mut headers);
    let size = match head.parse(bytes) {
        Ok(Status::Complete(size)) => size,
        Ok(Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("{error}: {bytes:?}")),
    };
    let headers = head.headers.iter().map(|header| {
        let value = String::from_utf8_lossy(header.value);
        (header.name.to_ascii_lowercase(), value.into_owned())
    });
    let mut answer = Answer {
        status: head.code.unwrap_or_default(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    let rest = &bytes[size..];
    let has_body = !is_head && !matches!(answer.status, 100..200 | 204 | 304);
    let rest = if !has_body {
        rest
    } else if answer.header("transfer-encoding").is_some() {
        let Some((body, rest)) = chunks(rest)? else {
            return Ok(None);
        };
        answer.body = body;
        rest
    } else {
        let length = answer.header("content-length").unwrap_or("0").parse();
        let length: usize = length.map_err(|error| format!("{error}: {answer:?}"))?;
        let Some((body, rest)) = rest.split_at_checked(length) else {
            return Ok(None);
        };
        answer.body = body.to_owned();
        rest
    };
    Ok(Some((answer, rest)))
}

/// A body in chunks.
fn chunks(mut bytes: &[u8]) -> Found<'_, Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (start, size) = match parse_chunk_size(bytes) {
            Ok(Status::Complete((start, size))) => (start, size),
            Ok(Status::Partial) => return Ok(None),
            Err(_) => return Err(format!("no chunk: {bytes:?}")),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let end = start.saturating_add(size);
        let (Some(chunk), Some(rest)) = (bytes.get(start..end), bytes.get(end.saturating_add(2)..))
        else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        bytes = rest;
        if size == 0 {
            return Ok(Some((body, bytes)));
        }
    }
}
