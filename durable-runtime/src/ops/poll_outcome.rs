//! What a poll's check may return, and what the poll makes of it.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::outcome::{Outcome, Payload, RecordedError, fallible, plain};

/// A [`poll_until`](crate::poll_until) looked as often as its strategy allows, and was not done.
///
/// The error type of a poll's check must be one that can be made from this: `E: From<PollExhausted>`. [`Error`](crate::Error) can.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("`{name}` was not done after {attempts} attempts")]
pub struct PollExhausted {
    /// The poll's name.
    pub name: String,
    /// How often it looked.
    pub attempts: u32,
}

/// An error type that a poll's check can return.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a poll must be able to say that it gave up, but `{Self}` can't be made from `PollExhausted`",
    note = "add a variant with `#[from] durable_runtime::PollExhausted`, or return `durable_runtime::Result`"
)]
pub trait FromExhausted {
    /// The error that says so.
    fn from_exhausted(exhausted: PollExhausted) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<PollExhausted>> FromExhausted for E {
    fn from_exhausted(exhausted: PollExhausted) -> Self {
        exhausted.into()
    }
}

/// How a check that returns `Out` belongs to a poll that returns `Result<S, E>`.
#[doc(hidden)]
#[derive(Debug)]
pub struct PollOutcome<Out, S, E> {
    /// Of what the check returns.
    pub(super) check: Outcome<Out>,
    /// Of what the poll returns: it reads every record that `check` writes.
    pub(super) poll: Outcome<Result<S, E>>,
    pub(super) exhausted: fn(PollExhausted) -> E,
}

/// Asks by structure: a check that returns a `Result` may fail, every other can't.
#[doc(hidden)]
#[derive(Debug)]
pub struct PollProbe<T>(PhantomData<fn() -> T>);

impl<T> PollProbe<T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn of(_: PhantomData<T>) -> Self {
        Self(PhantomData)
    }
}

impl<S, E> PollProbe<Result<S, E>> {
    #[doc(hidden)]
    #[must_use]
    pub fn poll(self) -> PollOutcome<Result<S, E>, S, E>
    where
        S: Payload,
        E: RecordedError + FromExhausted,
    {
        PollOutcome {
            check: fallible(),
            poll: fallible(),
            exhausted: E::from_exhausted,
        }
    }
}

/// The fallback of [`PollProbe`].
#[doc(hidden)]
pub trait PlainPoll<S> {
    #[doc(hidden)]
    fn poll(self) -> PollOutcome<S, S, PollExhausted>
    where
        S: Payload;
}

impl<S> PlainPoll<S> for PollProbe<S> {
    fn poll(self) -> PollOutcome<S, S, PollExhausted>
    where
        S: Payload,
    {
        PollOutcome {
            check: plain(),
            poll: fallible(),
            exhausted: |exhausted| exhausted,
        }
    }
}

/// Looks at the result type of a poll's check, where it is known; see [`__resolve`](crate::__resolve).
#[doc(hidden)]
#[macro_export]
macro_rules! __resolve_poll {
    ($call:expr) => {
        match $call {
            call => {
                #[allow(
                    unused_imports,
                    reason = "which trait a probe falls back to depends on the type"
                )]
                use $crate::__private::{NotInline as _, PlainPoll as _};
                let outcome = $crate::__private::PollProbe::of(call.__output()).poll();
                call.__resolve(outcome)
            }
        }
    };
}
