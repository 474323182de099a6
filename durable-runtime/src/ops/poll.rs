//! [`poll_until`]: looks again and again until something is as it should be.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::into_step::IntoStep;
use super::look::{Check, Checker};
use super::poll_outcome::PollOutcome;
use super::poll_run::run;
use crate::backoff::{Backoff, WaitStrategy};
use crate::codec::Codec;
use crate::durable::{Durable, Tuning};
use crate::site::Site;

/// A poll whose check nobody has looked at yet; the macro does.
#[doc(hidden)]
#[must_use = "a poll does nothing unless a workflow awaits it"]
pub struct InlinePoll<'a, S, Out> {
    initial: S,
    check: Box<dyn Check<S, Out> + 'a>,
}

impl<S, Out> fmt::Debug for InlinePoll<'_, S, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlinePoll").finish_non_exhaustive()
    }
}

/// Looks at something until it is done: `poll_until(initial, |state| check(state)).until(|state| …).await`.
///
/// The check gets the state that the last look gave (`initial` the first time) and gives the next one: a call of a `#[step]` function, or
/// an inline body (`|state| async move { … }`), returning the state, or a `Result` of it. Between two looks nothing runs and nothing is paid for;
/// each look is recorded, so a crash repeats at most the one that ran. What the poll returns is a `Result` with the state that was
/// done, or the check's error: a check that fails ends the poll at once, and is not retried. A poll that gives up returns
/// `E::from(PollExhausted)`; the error of a check that can't fail is [`PollExhausted`](crate::PollExhausted) itself.
///
/// Without [`backoff`](Poll::backoff), [`every`](Poll::every) or [`wait_strategy`](Poll::wait_strategy) it is [`Backoff::default`]: 60 looks.
///
/// A step's `timeout` and `semantics` hold for each look; its `retry` does not, and a step with a `codec` of its own is refused: give the poll one.
/// So is a step with a compensation: what is polled is not undone.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn progress(job: &str, percent: u32) -> Result<u32> {
///     Ok(percent + job.len() as u32)
/// }
///
/// #[durable_workflow]
/// async fn render(job: String) -> Result<u32> {
///     let percent = poll_until(0, |percent| progress(&job, percent))
///         .until(|percent| *percent >= 100)
///         .every(Duration::from_secs(30))
///         .await?;
///     Ok(percent)
/// }
/// # let _ = render;
/// ```
pub fn poll_until<'a, S, F, C>(initial: S, check: F) -> InlinePoll<'a, S, C::Output>
where
    S: 'a,
    F: Fn(S) -> C + Send + 'a,
    C: IntoStep + 'a,
{
    InlinePoll {
        initial,
        check: Box::new(Checker::new(check)),
    }
}

impl<'a, S, Out> InlinePoll<'a, S, Out> {
    #[doc(hidden)]
    pub fn __output(&self) -> PhantomData<Out> {
        PhantomData
    }

    #[doc(hidden)]
    pub fn __resolve<E>(self, outcome: PollOutcome<Out, S, E>) -> Poll<'a, S, E, Out> {
        Poll {
            initial: self.initial,
            check: self.check,
            outcome,
            until: NeverDone(()),
            strategy: Backoff::new(),
            codec: None,
            tuning: Tuning::default(),
        }
    }
}

/// When a poll is done.
#[doc(hidden)]
pub trait Condition<S> {
    #[doc(hidden)]
    fn __is_met(&self, state: &S) -> bool;
}

#[diagnostic::do_not_recommend]
impl<S, F: Fn(&S) -> bool> Condition<S> for F {
    fn __is_met(&self, state: &S) -> bool {
        self(state)
    }
}

/// The condition of a poll that was given none.
#[doc(hidden)]
#[derive(Debug)]
pub struct NeverDone(());

/// A poll, not started yet; see [`poll_until`].
#[must_use = "a poll does nothing unless a workflow awaits it"]
pub struct Poll<'a, S, E, Out, U = NeverDone, W = Backoff> {
    pub(super) initial: S,
    pub(super) check: Box<dyn Check<S, Out> + 'a>,
    pub(super) outcome: PollOutcome<Out, S, E>,
    pub(super) until: U,
    pub(super) strategy: W,
    pub(super) codec: Option<Arc<dyn Codec>>,
    pub(super) tuning: Tuning,
}

impl<S, E, Out, U, W> fmt::Debug for Poll<'_, S, E, Out, U, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poll").finish_non_exhaustive()
    }
}

impl<'a, S, E, Out, U, W> Poll<'a, S, E, Out, U, W> {
    tuned_builder!();

    /// When the poll is done. Asked about every state the check gives, also the last one before it would give up.
    pub fn until<N: Fn(&S) -> bool>(self, done: N) -> Poll<'a, S, E, Out, N, W> {
        Poll {
            initial: self.initial,
            check: self.check,
            outcome: self.outcome,
            until: done,
            strategy: self.strategy,
            codec: self.codec,
            tuning: self.tuning,
        }
    }

    /// When to look again, and how often at most.
    pub fn backoff(self, backoff: Backoff) -> Poll<'a, S, E, Out, U, Backoff> {
        self.with_strategy(backoff)
    }

    /// Looks again after this delay every time, at most 60 times: [`Backoff::every`].
    pub fn every(self, delay: Duration) -> Poll<'a, S, E, Out, U, Backoff> {
        self.with_strategy(Backoff::every(delay))
    }

    /// Decides by the state and the number of looks so far (counted from 1) when to look again; `None` gives up.
    pub fn wait_strategy<N>(self, strategy: N) -> Poll<'a, S, E, Out, U, N>
    where
        N: Fn(&S, u32) -> Option<Duration>,
    {
        self.with_strategy(strategy)
    }

    /// Transforms the recorded states.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Some(Arc::new(codec));
        self
    }

    fn with_strategy<N>(self, strategy: N) -> Poll<'a, S, E, Out, U, N> {
        Poll {
            initial: self.initial,
            check: self.check,
            outcome: self.outcome,
            until: self.until,
            strategy,
            codec: self.codec,
            tuning: self.tuning,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<S, E, Out, U, W> Durable for Poll<'_, S, E, Out, U, W>
where
    S: Send,
    E: Send,
    U: Condition<S> + Send,
    W: WaitStrategy<S> + Send,
{
    type Output = Result<S, E>;
    type __Kind = crate::locked::Poll;

    fn __operation(
        self,
        site: &'static Site,
        tuning: Tuning,
    ) -> impl Future<Output = Result<S, E>> + Send {
        run(self, site, tuning)
    }
}
