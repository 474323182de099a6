//! What a host needs to run workflows: the Lambda host, the embedded engine and tests all drive an [`Invocation`] through a [`Backend`].

use std::fmt;
use std::future::Future;

use thiserror::Error;

pub use crate::invocation::{Inbox, Invocation, InvocationError, InvocationOptions, Outcome};
pub use crate::registration::{MissingState, Registration, State, decode_end};
use crate::wire::{Operation, OperationUpdate, Timestamp};

/// The service that keeps a durable execution's history, as one invocation sees it.
///
/// The runtime makes at most one call at a time and hands each answer's token to the next call.
pub trait Backend: Send + Sync + 'static {
    /// Appends updates to the history, all or none. An empty list asks what has changed.
    fn checkpoint(
        &self,
        token: &str,
        updates: &[OperationUpdate],
    ) -> impl Future<Output = Result<Checkpointed, BackendError>> + Send;

    /// Reads the page of operations at `marker`.
    fn state(
        &self,
        token: &str,
        marker: &str,
    ) -> impl Future<Output = Result<StatePage, BackendError>> + Send;

    /// The time, by the clock that decides when timers fire, as well as the host knows it.
    fn now(&self) -> Timestamp;

    /// Whether the host says by itself when something changed, through the invocation's [`Inbox`]. Otherwise the runtime asks with empty checkpoints
    /// while some branches wait and others work.
    fn pushes_changes(&self) -> bool {
        false
    }

    /// Whether waits of branches that lost a `race!` are to be cancelled. It saves an invocation for each; nothing depends on it.
    fn cancels_waits(&self) -> bool {
        false
    }
}

/// The answer to a checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Checkpointed {
    /// The token for the next call. `None`: this invocation may write no more.
    pub token: Option<String>,
    /// Every operation that changed since the last answer, what the call itself changed included.
    pub operations: Vec<Operation>,
    /// Where the list goes on, if it did not fit.
    pub next_marker: Option<String>,
}

/// One page of operations.
#[derive(Clone, Debug, Default)]
pub struct StatePage {
    /// The operations, oldest first.
    pub operations: Vec<Operation>,
    /// Where the list goes on.
    pub next_marker: Option<String>,
}

/// Why a call to the service failed, as far as the runtime acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendErrorKind {
    /// Too many calls (429).
    Throttled,
    /// The service did not answer, or answered with an error of its own (5xx, transport).
    Unavailable,
    /// The token is not the latest: another invocation took over.
    StaleToken,
    /// The service refuses the request and always will (other 4xx). The only kind that fails the execution.
    Rejected,
}

/// A call to the service failed.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub struct BackendError {
    /// What the runtime acts on.
    pub kind: BackendErrorKind,
    /// The sentence for people.
    pub message: String,
}

impl BackendError {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: BackendErrorKind, message: impl fmt::Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
        }
    }

    /// Whether invoking again can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind != BackendErrorKind::Rejected
    }
}
