//! [`Step`]: a side effect whose result is recorded.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;

use super::body::{ClosureBody, FnBody, StepBody};
use super::step_run::run;
use crate::codec::Codec;
use crate::context::StepContext;
use crate::current::in_step;
use crate::durable::{Durable, Tuning};
use crate::fault::TimedOut;
use crate::outcome::{FromTimedOut, Outcome};
use crate::retry::{Exponential, RetryStrategy};
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
    pub(crate) codec: Option<Box<dyn Codec>>,
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
        self.settings.codec = Some(Box::new(codec));
        self
    }
}

#[diagnostic::do_not_recommend]
impl<B: StepBody> Durable for Step<B> {
    type Output = B::Output;

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
