//! [`ObjectStore`]: what a claim check needs of a place to keep things, no more than S3 has.

use std::future::Future;
use std::pin::Pin;

use thiserror::Error;

/// What the methods of a store return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps objects under keys: S3's `PutObject` and `GetObject`, and nothing else.
///
/// Over S3 `put` sets `If-None-Match: *` and takes 412 for done; over anything it must be all or nothing: an object that can be read is whole.
pub trait ObjectStore: Send + Sync + 'static {
    /// Keeps an object, and returns when it will survive a crash. The key names the content, so what is there already is the same.
    fn put<'a>(&'a self, key: &'a str, object: Vec<u8>) -> StoreFuture<'a, ()>;

    /// The object with this key; `None` when there is none.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Where objects are, for messages: a folder, a bucket.
    fn place(&self) -> String;
}

/// The store did not do what it was asked, and may the next time.
#[derive(Debug, Error)]
#[error("object `{key}` could not be {verb}: {source}")]
pub struct StoreError {
    /// The object.
    pub key: String,
    /// What was tried: `written` or `read`.
    pub verb: &'static str,
    /// Why not.
    pub source: std::io::Error,
}
