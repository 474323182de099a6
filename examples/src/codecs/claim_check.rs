//! [`ClaimCheck`]: a result that is too large for the history is kept elsewhere, and the history gets its number.

use std::sync::Arc;

use blake2::{Blake2b256, Digest};
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};

use super::object_store::{ObjectStore, StoreError};

/// What is recorded instead of a payload: this, and the object's key. No JSON begins so.
const MARK: &str = "claim1:";

/// Payloads up to this many bytes are recorded as they are: a history is read in one go, and objects one by one.
const INLINE_MAX: usize = 32 * 1024;

/// Keeps large payloads in an [`ObjectStore`] and records where.
///
/// * The key is a hash of the content. So the same payload twice is one object; a step that runs again after a crash between the store and the
///   record writes what is there already; and an object that is damaged or was exchanged is found out.
/// * The object is written before the record. A crash in between leaves an object that nobody knows, never a record whose object is missing.
/// * Nothing is deleted: executions share objects. Let the store expire them (a lifecycle rule) after the longest time that an execution runs and is
///   kept. An execution that needs an object that is gone fails, and the message names it.
#[derive(Clone)]
pub struct ClaimCheck {
    store: Arc<dyn ObjectStore>,
    inline_max: usize,
}

impl std::fmt::Debug for ClaimCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClaimCheck")
            .field("store", &self.store.place())
            .field("inline_max", &self.inline_max)
            .finish()
    }
}

impl ClaimCheck {
    /// A claim check that keeps payloads of more than 32 KiB in `store`.
    pub fn new(store: impl ObjectStore) -> Self {
        Self {
            store: Arc::new(store),
            inline_max: INLINE_MAX,
        }
    }

    /// Keeps payloads of more than this many bytes in the store.
    #[must_use]
    pub fn inline_up_to(mut self, bytes: usize) -> Self {
        self.inline_max = bytes;
        self
    }

    async fn store(&self, payload: String) -> Result<String, CodecError> {
        // What begins like a record of ours is kept too, however small: it would be taken for one.
        if payload.len() <= self.inline_max && !payload.starts_with(MARK) {
            return Ok(payload);
        }
        let key = key_of(payload.as_bytes());
        self.store
            .put(&key, payload.into_bytes())
            .await
            .map_err(for_now)?;
        Ok(format!("{MARK}{key}"))
    }

    async fn fetch(&self, recorded: String, operation: &str) -> Result<String, CodecError> {
        let Some(key) = recorded.strip_prefix(MARK) else {
            // Small, or recorded before there was a claim check.
            return Ok(recorded);
        };
        if !is_key(key) {
            return Err(CodecError::msg(format!(
                "operation {operation} records `{MARK}{key}`, and that is no key of an object"
            )));
        }
        let place = self.store.place();
        let object = self.store.get(key).await.map_err(for_now)?;
        let object = object.ok_or_else(|| {
            CodecError::msg(format!(
                "object `{key}`, the result of operation {operation}, is not in {place}; bring it back, or look whether it expires too early or this is another store"
            ))
        })?;
        if key_of(&object) != key {
            return Err(CodecError::msg(format!(
                "object `{key}` in {place} is not what was stored: {} bytes with another hash",
                object.len()
            )));
        }
        String::from_utf8(object)
            .map_err(|error| CodecError::new(format!("object `{key}` is no text"), error))
    }
}

impl Codec for ClaimCheck {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(self.store(payload))
    }

    fn decode<'a>(&'a self, recorded: String, context: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(self.fetch(recorded, context.operation_id))
    }
}

/// A store that does not answer says nothing about the object: the invocation is tried again.
fn for_now(error: StoreError) -> CodecError {
    CodecError::new("the object store failed", error).transient()
}

/// `ab/cdef…`: two digits and the rest, so that no folder gets too full.
fn key_of(content: &[u8]) -> String {
    let hash = Blake2b256::digest(content);
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let (folder, rest) = digits.split_at(2);
    format!("{folder}/{rest}")
}

/// Nothing else is asked of the store, whatever a history says.
fn is_key(key: &str) -> bool {
    key.len() == 65
        && key.bytes().enumerate().all(|(at, byte)| match at {
            2 => byte == b'/',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
