//! [`Step`]: a side effect whose result is recorded.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::body::{ClosureBody, FnBody, StepBody};
use super::step_run::run;
use crate::codec::Codec;
use crate::context::StepContext;
use crate::current::in_step;
use crate::durable::{Durable, Tuning};
use crate::fault::TimedOut;
use crate::lock::Mutex;
use crate::outcome::{FromTimedOut, Outcome, Recorded};
use crate::retry::{Exponential, RetryStrategy};
use crate::saga::{Undo, UndoFuture, Undone};
use crate::site::Site;

/// How often a step's body may run for one attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Semantics {
    /// A body that was interrupted (the process died before its result was recorded) runs again. Costs one call to the service; the body should be
    /// idempotent, with [`StepContext::idempotency_key`] for instance.
    #[default]
    AtLeastOnce,
    /// An interrupted body does not run again in the same attempt: the attempt counts as failed, and the retry strategy decides.
    /// Costs one more call, made before the body starts.
    AtMostOnce,
}

/// The constant part of a step, made by the macro.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct StepMeta {
    pub(crate) name: &'static str,
    pub(crate) semantics: Semantics,
}

impl StepMeta {
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            semantics: Semantics::AtLeastOnce,
        }
    }

    #[must_use]
    pub const fn semantics(mut self, semantics: Semantics) -> Self {
        self.semantics = semantics;
        self
    }
}

pub(crate) struct Timeout<Out> {
    pub(crate) after: Duration,
    pub(crate) error: Box<dyn Fn(TimedOut) -> Out + Send + Sync>,
}

/// How one call of a step is carried out.
pub(crate) struct Settings<Out> {
    pub(crate) meta: StepMeta,
    pub(crate) outcome: Outcome<Out>,
    pub(crate) tuning: Tuning,
    /// `None`: the service's default strategy.
    pub(crate) retry: Option<Box<dyn RetryStrategy>>,
    #[expect(
        clippy::type_complexity,
        reason = "one use, and the bounds say what it is"
    )]
    pub(crate) retry_if: Option<Box<dyn Fn(&Out) -> bool + Send + Sync>>,
    pub(crate) timeout: Option<Timeout<Out>>,
    pub(crate) codec: Option<Arc<dyn Codec>>,
    /// How what it did is undone. Locked only so that settings can be shared.
    pub(crate) undo: Mutex<Option<Undo>>,
}

/// A call of a `#[step]` function, not yet made: awaited in a workflow it is an operation; its result is recorded, and a
/// replay returns the record instead of running the body.
///
/// It is not a future. Outside a workflow, [`direct`](Self::direct) runs the body without durability.
#[must_use = "a step does nothing unless a workflow awaits it, or its body is run with `.direct()`"]
pub struct Step<B: StepBody> {
    pub(crate) body: B,
    pub(crate) settings: Settings<B::Output>,
}

impl<B: StepBody> fmt::Debug for Step<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("name", &self.settings.meta.name)
            .finish_non_exhaustive()
    }
}

// The body is a function with its arguments: never pinned.
impl<B: StepBody> Unpin for Step<B> {}

/// Called by generated code only.
#[doc(hidden)]
pub fn new_step<A, F, Fut>(
    meta: StepMeta,
    outcome: Outcome<Fut::Output>,
    arguments: A,
    clone: Option<fn(&A) -> A>,
    function: F,
) -> Step<FnBody<A, F>>
where
    A: Send,
    F: FnMut(StepContext, A) -> Fut + Send,
    Fut: Future<Output: Send> + Send,
{
    Step {
        body: FnBody::new(arguments, clone, function),
        settings: Settings::new(meta, outcome),
    }
}

impl<Out> Settings<Out> {
    pub(crate) fn new(meta: StepMeta, outcome: Outcome<Out>) -> Self {
        Self {
            meta,
            outcome,
            tuning: Tuning::default(),
            retry: None,
            retry_if: None,
            timeout: None,
            codec: None,
            undo: Mutex::new(None),
        }
    }

    pub(crate) fn strategy(&self) -> &dyn RetryStrategy {
        const SERVICE_DEFAULT: Exponential = Exponential::new();
        self.retry.as_deref().unwrap_or(&SERVICE_DEFAULT)
    }
}

impl<B: StepBody> Step<B> {
    /// Runs the body as a plain future: no record, no retry, no timeout. For unit tests of a step, and for a step that calls another.
    pub fn direct(mut self) -> impl Future<Output = B::Output> + Send {
        in_step(async move {
            match self.body.__start(StepContext::detached()) {
                Some(body) => body.await,
                // A body that was never started can be.
                None => std::future::pending().await,
            }
        })
    }

    /// See [`Durable::named`].
    pub fn named(mut self, name: &'static str) -> Self {
        self.settings.tuning.set_name(name);
        self
    }

    /// See [`Durable::label`].
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.settings.tuning.set_label(label);
        self
    }

    /// See [`Durable::keyed`].
    pub fn keyed(mut self, key: impl Serialize) -> Self {
        self.settings.tuning.set_key(key);
        self
    }

    /// Replaces the retry strategy: [`NoRetry`](crate::NoRetry), [`Exponential`], or a function.
    pub fn retry(mut self, strategy: impl RetryStrategy) -> Self {
        self.settings.retry = Some(Box::new(strategy));
        self
    }

    /// Retries only errors that `retry_if` says yes to; all others fail the step at once.
    pub fn retry_if<T, E>(mut self, retry_if: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self
    where
        B: StepBody<Output = Result<T, E>>,
    {
        self.settings.retry_if = Some(Box::new(move |out| {
            out.as_ref().err().is_none_or(&retry_if)
        }));
        self
    }

    /// Ends an attempt that takes longer than `after`; it counts as failed with [`TimedOut`].
    pub fn timeout<T, E: FromTimedOut>(mut self, after: Duration) -> Self
    where
        B: StepBody<Output = Result<T, E>>,
    {
        self.settings.timeout = Some(Timeout {
            after,
            error: Box::new(|timed_out| Err(E::from_timed_out(timed_out))),
        });
        self
    }

    /// How often the body may run for one attempt.
    pub fn semantics(mut self, semantics: Semantics) -> Self {
        self.settings.meta.semantics = semantics;
        self
    }

    /// Transforms the recorded payload.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.settings.codec = Some(Arc::new(codec));
        self
    }

    /// Says how what this step did is undone: `reserve(&order).compensate(|seat| release(seat))`.
    ///
    /// When the workflow returns an error, the compensations of the steps that succeeded run, the last step's first, each as the operations that it
    /// is made of: with their own records, retries and timeouts. Then the error is returned as it was, and
    /// [`Error::compensation_failures`](crate::Error::compensation_failures) names what could not be undone.
    ///
    /// ```
    /// use durable_runtime::prelude::*;
    ///
    /// #[step]
    /// async fn book_hotel(nights: u32) -> Result<String> { Ok(format!("hotel, {nights} nights")) }
    /// #[step(retry = exponential(max_attempts = 20))]
    /// async fn cancel(booking: String) -> Result<()> { let _ = booking; Ok(()) }
    /// #[step]
    /// async fn book_flight(to: &str) -> Result<String> { Ok(format!("flight to {to}")) }
    ///
    /// #[durable_workflow]
    /// async fn trip(to: String) -> Result<(String, String)> {
    ///     let hotel = book_hotel(3).compensate(|hotel| cancel(hotel)).await?;
    ///     // When there is no flight, the hotel is cancelled.
    ///     let flight = book_flight(&to)
    ///         .compensate(|flight| async move {
    ///             sleep(Duration::from_secs(60)).await;
    ///             cancel(flight).named("cancel the flight").await
    ///         })
    ///         .await?;
    ///     Ok((hotel, flight))
    /// }
    /// # let _ = trip;
    /// ```
    ///
    /// * The closure gets the step's value as its record has it. It runs after the workflow's own code is gone, so it owns what it uses (`move`, clones); it returns a
    ///   call of a step, a child workflow, or an `async move` block of several operations, that gives `()` or a `Result`.
    /// * The workflow is the one whose code the step stands in: the whole execution, or a workflow that another one called. That one undoes
    ///   what it did itself; `child("name", ..)` blocks, branches and items of a batch belong to the workflow around. A called workflow that was given up
    ///   half way, because its branch lost, leaves its compensations to its caller.
    /// * Sequential steps are undone in reverse. Of branches that ran at once the last one in the text is undone first, whichever finished first: the
    ///   order has to be the same on every replay.
    /// * What counts is the step's recorded success, whether or not the code got to see it. A step that failed, timed out, or was interrupted without a
    ///   record is not undone: what it may have done nobody knows, so make such a step idempotent and its compensation tolerant.
    /// * A compensation that fails, or panics, does not keep the others from running. What it would undo is lost sight of after that, so give it many
    ///   attempts.
    /// * It is for steps that the workflow awaits by themselves. On the submitter of a callback and the check of a poll it fails the execution.
    /// * Nothing is undone when the workflow returns `Ok`, also for branches that lost; when the execution is stopped, times out, or restarts; or
    ///   when it ends otherwise than by returning an error: when workflow code panics, or a step's result can't be recorded. A bug should not move money.
    pub fn compensate<T, E, F, D>(mut self, undo: F) -> Self
    where
        B: StepBody<Output = Result<T, E>>,
        T: Send + 'static,
        E: 'static,
        F: FnOnce(T) -> D + Send + 'static,
        D: Durable<Output: Undone> + Send + 'static,
    {
        let decode = self.settings.outcome.decode;
        *self.settings.undo.get_mut() = Some(Box::new(move |json, site| {
            let Ok(value) = decode(Recorded::Value(json))? else {
                return Err("it is an error".to_owned());
            };
            let undone = async move {
                let durable = undo(value);
                durable
                    .__operation(site, Tuning::default())
                    .await
                    .__undone()
            };
            let undone: UndoFuture = Box::pin(undone);
            Ok(undone)
        }));
        self
    }
}

#[diagnostic::do_not_recommend]
impl<B: StepBody> Durable for Step<B> {
    type Output = B::Output;
    type __Kind = crate::locked::Step;

    fn __operation(
        self,
        site: &'static Site,
        tuning: Tuning,
    ) -> impl Future<Output = B::Output> + Send {
        run(self, site, tuning)
    }
}

/// An inline step whose result type nobody has looked at yet; the macro does.
#[doc(hidden)]
#[must_use = "a step does nothing unless a workflow awaits it"]
pub struct InlineStep<F> {
    name: &'static str,
    function: F,
}

impl<F> fmt::Debug for InlineStep<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineStep")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A step written in place: `step("name", || async { … }).await`.
///
/// The name is its key in the workflow and must be a literal. The closure may run several times (retries, crashes), so it is an `Fn`: a write to a
/// captured variable does not compile, because it would be lost on replay.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[durable_workflow]
/// async fn greet(name: String) -> Result<String> {
///     let greeting = step("greeting", || async { format!("Hello, {name}!") }).await;
///     Ok(greeting)
/// }
/// # let _ = greet;
/// ```
pub fn step<F, Fut>(name: &'static str, function: F) -> InlineStep<F>
where
    F: Fn() -> Fut + Send,
    Fut: Future + Send,
{
    InlineStep { name, function }
}

impl<F, Fut> InlineStep<F>
where
    F: Fn() -> Fut + Send,
    Fut: Future<Output: Send> + Send,
{
    #[doc(hidden)]
    pub fn __output(&self) -> PhantomData<Fut::Output> {
        PhantomData
    }

    #[doc(hidden)]
    pub fn __resolve(self, outcome: Outcome<Fut::Output>) -> Step<ClosureBody<F>> {
        Step {
            body: ClosureBody::new(self.function),
            settings: Settings::new(StepMeta::new(self.name), outcome),
        }
    }
}

/// Looks at the result type of an inline step or child, where it is known. Only at its structure: its error may still be inferred from what
/// comes later, and a question about the error would settle it too soon.
#[doc(hidden)]
#[macro_export]
macro_rules! __resolve {
    ($call:expr) => {{
        #[allow(
            unused_imports,
            reason = "which trait a probe falls back to depends on the type"
        )]
        use $crate::__private::PlainOutcome as _;
        let call = $call;
        let outcome = $crate::__private::OutcomeProbe::of(call.__output()).outcome();
        call.__resolve(outcome)
    }};
}
