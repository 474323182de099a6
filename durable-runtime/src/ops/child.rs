//! Child contexts: a workflow called by a workflow, and `child("name", || async { … })`.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use super::body::{OnceBody, StepBody};
use super::context::{Context, Record, run};
use crate::codec::Codec;
use crate::context::StepContext;
use crate::durable::{Durable, Tuning};
use crate::invocation::op::CHILD;
use crate::outcome::Outcome;
use crate::site::{Definition, Site};

/// A call of a `#[durable_workflow]` function, not yet made.
///
/// Awaited in another workflow it runs as a child: its own CONTEXT in the history, with a scope of its own. A host starts the function itself by name.
#[must_use = "a workflow does nothing unless another workflow awaits it or a host starts it"]
pub struct WorkflowCall<W, B: StepBody> {
    definition: &'static Definition,
    outcome: Outcome<B::Output>,
    body: B,
    codec: Option<Box<dyn Codec>>,
    record: Record,
    workflow: PhantomData<fn() -> W>,
}

impl<W, B: StepBody> Unpin for WorkflowCall<W, B> {}

impl<W, B: StepBody> fmt::Debug for WorkflowCall<W, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkflowCall")
            .field("name", &self.definition.name())
            .finish_non_exhaustive()
    }
}

/// Called by generated code only.
#[doc(hidden)]
pub fn new_workflow<W, A, F, Fut>(
    definition: &'static Definition,
    outcome: Outcome<Fut::Output>,
    arguments: A,
    function: F,
) -> WorkflowCall<W, OnceBody<A, F>>
where
    A: Send,
    F: FnOnce(A) -> Fut + Send,
    Fut: Future<Output: Send> + Send,
{
    WorkflowCall {
        definition,
        outcome,
        body: OnceBody::new(arguments, function),
        codec: None,
        record: Record::Own,
        workflow: PhantomData,
    }
}

impl<W, B: StepBody> WorkflowCall<W, B> {
    /// Transforms the recorded result of this call.
    ///
    /// Without it the result goes through the codec of the workflow around, whose operation it is; never through the called workflow's own, which is for the
    /// operations in it. Does nothing where a host starts the workflow, because an execution's result belongs to its caller.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Some(Box::new(codec));
        self
    }

    /// Runs it without a context of its own: its operations stand beside those of the workflow that calls it, two records are saved, and a replay runs it
    /// again from the records of its operations. It keeps a scope of its own, so nothing gets mixed up. Its result has no record for a codec to transform.
    pub fn flat(mut self) -> Self {
        self.record = Record::None;
        self
    }

    /// The workflow's future, for a host to run as the root.
    #[doc(hidden)]
    pub fn __root(self) -> impl Future<Output = B::Output> + Send {
        start(self.body)
    }
}

async fn start<B: StepBody>(mut body: B) -> B::Output {
    match body.__start(StepContext::detached()) {
        Some(future) => future.await,
        // A body that was never started can be.
        None => std::future::pending().await,
    }
}

#[diagnostic::do_not_recommend]
impl<W, B: StepBody> Durable for WorkflowCall<W, B> {
    type Output = B::Output;
    type __Kind = crate::locked::Child;

    fn __operation(
        self,
        site: &'static Site,
        tuning: Tuning,
    ) -> impl Future<Output = B::Output> + Send {
        let Self {
            definition,
            outcome,
            body,
            codec,
            record,
            ..
        } = self;
        let call = Context {
            kind: &CHILD,
            name: definition.name(),
            definition: Some(definition),
            outcome,
            tuning,
            codec,
            record,
        };
        run(site, call, move || start(body))
    }
}

/// An inline child whose result type is known.
#[doc(hidden)]
#[must_use = "a child does nothing unless a workflow awaits it"]
pub struct Child<F, Out> {
    name: &'static str,
    function: F,
    outcome: Outcome<Out>,
    codec: Option<Box<dyn Codec>>,
    record: Record,
}

impl<F, Out> Unpin for Child<F, Out> {}

impl<F, Out> Child<F, Out> {
    /// Transforms the recorded result.
    ///
    /// ```
    /// # use durable_runtime::{Codec, CodecFuture, PayloadContext};
    /// # struct Zip;
    /// # impl Codec for Zip {
    /// #     fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> { Box::pin(async { Ok(payload) }) }
    /// #     fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> { Box::pin(async { Ok(recorded) }) }
    /// # }
    /// use durable_runtime::prelude::*;
    ///
    /// #[step]
    /// async fn page(number: u32) -> Result<String> { Ok(format!("page {number}")) }
    ///
    /// #[durable_workflow]
    /// async fn book() -> Result<String> {
    ///     child("pages", || async { Ok(page(1).await? + &page(2).named("second").await?) })
    ///         .codec(Zip)
    ///         .await
    /// }
    /// # let _ = book;
    /// ```
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Some(Box::new(codec));
        self
    }

    /// Runs it without a context of its own: its operations stand beside those around it, two records are saved, and a replay runs it again from the
    /// records of its operations. It keeps a scope of its own, so nothing gets mixed up. Its result has no record for a codec to transform.
    pub fn flat(mut self) -> Self {
        self.record = Record::None;
        self
    }
}

impl<F, Out> fmt::Debug for Child<F, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// An inline child whose result type nobody has looked at yet; the macro does.
#[doc(hidden)]
#[must_use = "a child does nothing unless a workflow awaits it"]
pub struct InlineChild<F, Out> {
    name: &'static str,
    function: F,
    output: PhantomData<fn() -> Out>,
}

impl<F, Out> fmt::Debug for InlineChild<F, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineChild")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A part of a workflow with a context of its own: `child("name", || async { … }).await`.
///
/// Once it has finished, a replay takes its recorded result and doesn't look inside. The name is its key in the workflow and must be a literal.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn reserve(sku: &str) -> Result<u32> { Ok(sku.len() as u32) }
///
/// #[durable_workflow]
/// async fn bundle(sku: String) -> Result<u32> {
///     child("stock", || async { reserve(&sku).await }).await
/// }
/// # let _ = bundle;
/// ```
pub fn child<F, D>(name: &'static str, function: F) -> InlineChild<F, D::Output>
where
    F: Fn() -> D + Send,
    D: Durable,
{
    InlineChild {
        name,
        function,
        output: PhantomData,
    }
}

// The output is a parameter, not a projection: where the closure gives nothing durable it has no type,
// and the compiler says no more about the methods here.
impl<F, Out> InlineChild<F, Out> {
    #[doc(hidden)]
    pub fn __output(&self) -> PhantomData<Out> {
        PhantomData
    }

    #[doc(hidden)]
    pub fn __resolve(self, outcome: Outcome<Out>) -> Child<F, Out> {
        Child {
            name: self.name,
            function: self.function,
            outcome,
            codec: None,
            record: Record::Own,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<F, D> Durable for Child<F, D::Output>
where
    F: Fn() -> D + Send,
    D: Durable + Send,
    D::Output: Send,
{
    type Output = D::Output;
    type __Kind = crate::locked::Child;

    fn __operation(
        self,
        site: &'static Site,
        tuning: Tuning,
    ) -> impl Future<Output = D::Output> + Send {
        let Self {
            name,
            function,
            outcome,
            codec,
            record,
        } = self;
        let call = Context {
            kind: &CHILD,
            name,
            definition: None,
            outcome,
            tuning,
            codec,
            record,
        };
        run(site, call, move || async move {
            let durable = function();
            durable.__operation(site, Tuning::default()).await
        })
    }
}
