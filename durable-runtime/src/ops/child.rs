//! Child contexts: a workflow called by a workflow, and `child("name", || async { … })`.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use super::body::{OnceBody, StepBody};
use super::step_record::undecodable;
use crate::codec::Codec;
use crate::context::StepContext;
use crate::current::scoped;
use crate::durable::{Durable, Tuning};
use crate::invocation::op::{CHILD, Op, Snapshot};
use crate::invocation::{Attempt, Urgency};
use crate::outcome::{Encoded, Outcome, Recorded};
use crate::site::{Definition, Site};
use crate::wire::{
    ContextDetails, ErrorObject, OperationStatus, OperationType, OperationUpdate, limits,
};

/// A call of a `#[durable_workflow]` function, not yet made.
///
/// Awaited in another workflow it runs as a child: its own CONTEXT in the history, with a scope of its own. A host starts the function itself by name.
#[must_use = "a workflow does nothing unless another workflow awaits it or a host starts it"]
pub struct WorkflowCall<W, B: StepBody> {
    definition: &'static Definition,
    outcome: Outcome<B::Output>,
    body: B,
    codec: Option<Box<dyn Codec>>,
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
            ..
        } = self;
        let call = Call {
            name: definition.name(),
            definition: Some(definition),
            outcome,
            tuning,
            codec,
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
        } = self;
        let call = Call {
            name,
            definition: None,
            outcome,
            tuning,
            codec,
        };
        run(site, call, move || async move {
            let durable = function();
            durable.__operation(site, Tuning::default()).await
        })
    }
}

/// How one child is carried out.
struct Call<Out> {
    name: &'static str,
    /// Of a child workflow; an inline child shares its parent's.
    definition: Option<&'static Definition>,
    outcome: Outcome<Out>,
    tuning: Tuning,
    codec: Option<Box<dyn Codec>>,
}

async fn run<Out: Send, Fut: Future<Output = Out> + Send>(
    site: &'static Site,
    call: Call<Out>,
    make: impl FnOnce() -> Fut + Send,
) -> Out {
    let Call {
        name,
        definition,
        outcome,
        tuning,
        codec,
    } = call;
    let codec = codec.as_deref();
    let (op, known) = Op::reach(site, &tuning, &CHILD, Some(name)).await;
    let rebuild = op
        .with_record(|operation| operation.replay_children())
        .unwrap_or(false);
    match known {
        Some(Snapshot {
            status: OperationStatus::Succeeded,
            ..
        }) if rebuild => {}
        Some(Snapshot {
            status: OperationStatus::Succeeded | OperationStatus::Failed,
            ..
        }) => {
            return recorded(&op, &outcome, codec).await;
        }
        Some(_) => {}
        None => {
            op.push(
                OperationUpdate::start(OperationType::Context, op.id()),
                Urgency::Lazy,
            );
        }
    }
    let key = tuning.key().unwrap_or_default();
    let (scope, depth) = {
        let mut state = op.here.core.state.lock();
        let scope =
            state
                .scopes
                .open_context(op.here.scope, site, key, op.place, definition, rebuild);
        (
            scope,
            state.scopes.get(scope).map_or(0, |scope| scope.depth),
        )
    };
    if depth > MAX_DEPTH {
        op.here.fail(too_deep(&op)).await;
    }
    let observed = Attempt::context(&op, rebuild);
    let out = scoped(op.here.core.clone(), scope, make()).await;
    let encoded = outcome.encode(&out);
    drop(out);
    finish(&op, &outcome, codec, encoded, rebuild, observed).await
}

/// Records how the child ended; a rebuilt one is recorded already.
async fn finish<Out>(
    op: &Op,
    outcome: &Outcome<Out>,
    codec: Option<&dyn Codec>,
    encoded: Result<Encoded, String>,
    rebuilt: bool,
    observed: Attempt<'_>,
) -> Out {
    let (encoded, out) = match read_back(op, outcome, codec, encoded).await {
        Ok(read_back) => read_back,
        Err(reason) => {
            let error = not_recordable(op, &reason);
            observed.failed(&error);
            op.here.fail(error).await
        }
    };
    observed.ended(&encoded);
    if rebuilt {
        return out;
    }
    let id = op.id();
    let update = match encoded {
        // Too large for a record of its own: written without payload, and rebuilt from its children on replay.
        Encoded::Value(json) if json.len() > limits::REPLAY_CHILDREN_THRESHOLD => {
            OperationUpdate::succeed(OperationType::Context, id)
                .with_payload("")
                .with_replay_children()
        }
        Encoded::Value(json) => {
            OperationUpdate::succeed(OperationType::Context, id).with_payload(json)
        }
        Encoded::Error(error) if error.size() > limits::ERROR_MAX => {
            op.here.fail(too_large(op, error.size())).await
        }
        Encoded::Error(error) => OperationUpdate::fail(OperationType::Context, id, error),
    };
    op.write(update).await;
    out
}

/// What will be recorded, and the value as it reads back: a rebuilt child sees what the first run saw.
async fn read_back<Out>(
    op: &Op,
    outcome: &Outcome<Out>,
    codec: Option<&dyn Codec>,
    encoded: Result<Encoded, String>,
) -> Result<(Encoded, Out), String> {
    match encoded? {
        Encoded::Value(json) => {
            let recorded = op.encode_payload(codec, json).await?;
            let json = op.decode_payload(codec, &recorded).await?;
            let out = (outcome.decode)(Recorded::Value(&json))?;
            drop(json);
            Ok((Encoded::Value(recorded), out))
        }
        encoded @ Encoded::Error(_) => {
            let out = (outcome.decode)(encoded.as_recorded())?;
            Ok((encoded, out))
        }
    }
}

async fn recorded<Out>(op: &Op, outcome: &Outcome<Out>, codec: Option<&dyn Codec>) -> Out {
    let details: Option<ContextDetails> = match op.codec(codec) {
        None => op
            .with_record(|operation| operation.context_details.as_mut().map(std::mem::take))
            .flatten(),
        // Decoding waits, and may be dropped while it does.
        Some(_) => op
            .with_record(|operation| operation.context_details.clone())
            .flatten(),
    };
    let details = details.unwrap_or_default();
    let decoded = match &details.error {
        Some(error) => (outcome.decode)(Recorded::Error(error)),
        None => {
            let recorded = details.result.as_deref().unwrap_or("null");
            let json = op.decode_payload(codec, recorded).await;
            json.and_then(|json| (outcome.decode)(Recorded::Value(&json)))
        }
    };
    op.with_record(|operation| operation.context_details = Some(details));
    match decoded {
        Ok(out) => out,
        Err(reason) => op.here.fail(undecodable(op, &reason)).await,
    }
}

/// How deep children may be nested. Each level is polled inside the one around it, so depth costs stack: a build without optimisations has
/// room for about 180 levels on a thread of 2 MiB, which is what tokio's workers have.
const MAX_DEPTH: u32 = 100;

fn too_deep(op: &Op) -> ErrorObject {
    ErrorObject::new(
        "NestedTooDeep",
        format!(
            "{} is nested more than {MAX_DEPTH} children deep; use a loop, or start another execution",
            op.describe()
        ),
    )
}

fn not_recordable(op: &Op, reason: &str) -> ErrorObject {
    ErrorObject::new(
        "ResultNotRecordable",
        format!(
            "the result of {} can't be recorded: {reason}",
            op.describe()
        ),
    )
}

fn too_large(op: &Op, size: usize) -> ErrorObject {
    ErrorObject::new(
        "PayloadTooLarge",
        format!(
            "the error of {} has {size} bytes, and an operation may record {}; put less into the error",
            op.describe(),
            limits::ERROR_MAX
        ),
    )
}
