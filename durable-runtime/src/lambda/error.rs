//! Why a bootstrap process can't serve.

use std::fmt;

use thiserror::Error as ThisError;

/// Why a bootstrap process can't serve. `main` may return it: its `Debug`, which is what Rust prints then, is the sentence for people.
#[derive(ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The process doesn't run on Lambda, nor under anything that speaks Lambda's Runtime API.
    #[error(
        "this is the bootstrap of a Lambda function, and `{missing}` is not set: it runs on Lambda, or on this machine under `cargo durable serve`, which sets it"
    )]
    NotOnLambda {
        /// The variable that is not set.
        missing: &'static str,
    },
    /// The environment names no service that the lean client can call: what the sentence says is missing, or is set and can't be followed.
    #[error("the service can't be called: {reason}")]
    NoService {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// No threads for the async runtime.
    #[error("the system gives no threads for the async runtime: {0}")]
    Threads(#[source] std::io::Error),
    /// Lambda's Runtime API is gone, or answers what it shouldn't.
    #[error("Lambda's Runtime API failed: {0}")]
    RuntimeApi(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
