//! What a host needs to run workflows: the Lambda host, the embedded engine and tests all drive an [`Invocation`] through a [`Backend`].

use std::fmt;
use std::future::Future;

use thiserror::Error;

pub use crate::invocation::{Inbox, Invocation, InvocationError, InvocationOptions, Outcome};
pub use crate::registration::{MissingState, Registration, State, decode_end};
pub use crate::successor::Successor;
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

    /// Starts the execution that follows this one, which is about to end because its workflow called [`restart`](crate::restart()).
    ///
    /// Starts the function that this execution runs, in the version that it runs, asynchronously, as a durable execution with the successor's
    /// [name](Successor::name) and [input](Successor::input), and answers when that execution is recorded, not when it ends. When it
    /// answers, this execution ends with [`Successor::to_result`]; if it crashes before that, it is invoked again and this is called again, with the same
    /// name and nearly always the same input. So it must be idempotent by name: an execution of that name that exists already, with whatever input, is
    /// the successor, and that is a success.
    ///
    /// A host without this method refuses, and `restart` fails the execution.
    ///
    /// # Errors
    /// When the successor could not be started. One that is retryable ends the invocation, and the service makes another; one that isn't
    /// fails the execution.
    fn restart(
        &self,
        successor: &Successor,
    ) -> impl Future<Output = Result<(), BackendError>> + Send {
        let error = BackendError::new(
            BackendErrorKind::Rejected,
            format_args!(
                "this host can't start another execution, so `restart` could not hand over to `{}`",
                successor.name()
            ),
        );
        async { Err(error) }
    }

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
