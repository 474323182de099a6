//! The body of a step or a workflow: arguments and a function of them, not yet a future.

use std::future::Future;
use std::marker::PhantomData;

use crate::context::StepContext;

/// Something that can be started: a step's or a workflow's function with its arguments. Made by the macros.
#[doc(hidden)]
pub trait StepBody: Send + Unpin {
    /// What the function returns.
    type Output: Send;

    /// Whether [`__start`](Self::__start) would give a future.
    fn __can_start(&self) -> bool;

    /// Starts the function. `None` when its arguments can't be cloned and were used up by an earlier start.
    fn __start(&mut self, cx: StepContext) -> Option<impl Future<Output = Self::Output> + Send>;
}

/// A `#[step]` function with its arguments.
#[doc(hidden)]
#[derive(Debug)]
pub struct FnBody<A, F> {
    arguments: Option<A>,
    clone: Option<fn(&A) -> A>,
    function: F,
}

// Nothing here is ever pinned: the future that `__start` gives is.
impl<A, F> Unpin for FnBody<A, F> {}

impl<A, F> FnBody<A, F> {
    pub(crate) fn new(arguments: A, clone: Option<fn(&A) -> A>, function: F) -> Self {
        Self {
            arguments: Some(arguments),
            clone,
            function,
        }
    }
}

impl<A, F, Fut> StepBody for FnBody<A, F>
where
    A: Send,
    F: FnMut(StepContext, A) -> Fut + Send,
    Fut: Future<Output: Send> + Send,
{
    type Output = Fut::Output;

    fn __can_start(&self) -> bool {
        self.arguments.is_some()
    }

    fn __start(&mut self, cx: StepContext) -> Option<impl Future<Output = Self::Output> + Send> {
        let arguments = match self.clone {
            Some(clone) => clone(self.arguments.as_ref()?),
            None => self.arguments.take()?,
        };
        Some((self.function)(cx, arguments))
    }
}

/// A `#[durable_workflow]` function with its arguments.
#[doc(hidden)]
#[derive(Debug)]
pub struct OnceBody<A, F>(Option<(A, F)>);

impl<A, F> Unpin for OnceBody<A, F> {}

impl<A, F> OnceBody<A, F> {
    pub(crate) fn new(arguments: A, function: F) -> Self {
        Self(Some((arguments, function)))
    }
}

impl<A, F, Fut> StepBody for OnceBody<A, F>
where
    A: Send,
    F: FnOnce(A) -> Fut + Send,
    Fut: Future<Output: Send> + Send,
{
    type Output = Fut::Output;

    fn __can_start(&self) -> bool {
        self.0.is_some()
    }

    fn __start(&mut self, _cx: StepContext) -> Option<impl Future<Output = Self::Output> + Send> {
        self.0
            .take()
            .map(|(arguments, function)| function(arguments))
    }
}

/// The closure of an inline step.
#[doc(hidden)]
#[derive(Debug)]
pub struct ClosureBody<F>(F);

impl<F> Unpin for ClosureBody<F> {}

impl<F> ClosureBody<F> {
    pub(crate) fn new(function: F) -> Self {
        Self(function)
    }
}

impl<F, Fut> StepBody for ClosureBody<F>
where
    F: Fn() -> Fut + Send,
    Fut: Future<Output: Send> + Send,
{
    type Output = Fut::Output;

    fn __can_start(&self) -> bool {
        true
    }

    fn __start(&mut self, _cx: StepContext) -> Option<impl Future<Output = Self::Output> + Send> {
        Some((self.0)())
    }
}

/// A future that runs once.
pub(super) struct FutureBody<F>(Option<F>);

impl<F> Unpin for FutureBody<F> {}

impl<F> std::fmt::Debug for FutureBody<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FutureBody").finish_non_exhaustive()
    }
}

impl<F> FutureBody<F> {
    pub(super) fn new(future: F) -> Self {
        Self(Some(future))
    }
}

impl<F: Future<Output: Send> + Send> StepBody for FutureBody<F> {
    type Output = F::Output;

    fn __can_start(&self) -> bool {
        self.0.is_some()
    }

    fn __start(&mut self, _cx: StepContext) -> Option<impl Future<Output = Self::Output> + Send> {
        self.0.take()
    }
}

/// Asks whether a step's arguments are `Clone`, so that a retry can start the body again.
#[doc(hidden)]
#[derive(Debug)]
pub struct CloneProbe<A>(PhantomData<fn() -> A>);

impl<A> CloneProbe<A> {
    #[doc(hidden)]
    #[must_use]
    pub fn of(_: &A) -> Self {
        Self(PhantomData)
    }
}

impl<A: Clone> CloneProbe<A> {
    #[doc(hidden)]
    #[must_use]
    pub fn cloner(self) -> Option<fn(&A) -> A> {
        Some(A::clone)
    }
}

/// The fallback of [`CloneProbe`].
#[doc(hidden)]
pub trait NotClone<A> {
    #[doc(hidden)]
    fn cloner(self) -> Option<fn(&A) -> A>;
}

impl<A> NotClone<A> for CloneProbe<A> {
    fn cloner(self) -> Option<fn(&A) -> A> {
        None
    }
}

/// How to clone a step's arguments, if they can be.
#[doc(hidden)]
#[macro_export]
macro_rules! __clone_probe {
    ($arguments:expr) => {{
        #[allow(
            unused_imports,
            reason = "which trait a probe falls back to depends on the type"
        )]
        use $crate::__private::NotClone as _;
        $crate::__private::CloneProbe::of(&$arguments).cloner()
    }};
}
