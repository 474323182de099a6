//! The submitter of a callback: a step whose result nobody reads, only whether it failed.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use super::body::StepBody;
use super::callback::CallbackId;
use super::into_step::IntoStep;
use super::step::{Settings, Step, Timeout};
use super::step_run::run_reached;
use crate::context::StepContext;
use crate::current::{Current, enter};
use crate::fault::TimedOut;
use crate::invocation::op::{Op, Snapshot};
use crate::outcome::{Encoded, Outcome, Recorded};
use crate::retry::RetryStrategy;
use crate::wire::{ErrorObject, OperationStatus};

/// A boxed future, so that a trait object can give one.
pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Hands a callback's id out, as a step whose result is an `Out`. Behind this trait, so that a closure that gives no step is reported where it is
/// written, and nowhere else.
pub(super) trait Submit<Out>: Send {
    /// Does so unless it is recorded. Errs with what the last attempt failed with.
    fn submitted<'a>(
        self: Box<Self>,
        op: Op,
        known: Option<Snapshot>,
        id: &'a CallbackId,
        outcome: Outcome<Out>,
        retry: Option<Box<dyn RetryStrategy>>,
    ) -> BoxFuture<'a, Result<(), ErrorObject>>
    where
        Self: 'a;
}

/// The closure of a submitter.
pub(super) struct Submitter<F, S>(F, PhantomData<fn() -> S>);

impl<F, S> Submitter<F, S> {
    pub(super) fn new(submit: F) -> Self {
        Self(submit, PhantomData)
    }
}

impl<F, S> Submit<S::Output> for Submitter<F, S>
where
    F: Fn(CallbackId) -> S + Send,
    S: IntoStep,
{
    fn submitted<'a>(
        self: Box<Self>,
        op: Op,
        known: Option<Snapshot>,
        id: &'a CallbackId,
        outcome: Outcome<S::Output>,
        retry: Option<Box<dyn RetryStrategy>>,
    ) -> BoxFuture<'a, Result<(), ErrorObject>>
    where
        Self: 'a,
    {
        Box::pin(submitted(op, known, id, self.0, outcome, retry))
    }
}

async fn submitted<F, S>(
    op: Op,
    known: Option<Snapshot>,
    id: &CallbackId,
    submit: F,
    outcome: Outcome<S::Output>,
    retry: Option<Box<dyn RetryStrategy>>,
) -> Result<(), ErrorObject>
where
    F: Fn(CallbackId) -> S + Send,
    S: IntoStep,
{
    match known.as_ref().map(|known| known.status) {
        Some(OperationStatus::Succeeded) => return Ok(()),
        Some(OperationStatus::Failed) => {
            let error = op.with_record(|operation| operation.error().cloned());
            return Err(error.flatten().unwrap_or_default());
        }
        _ => {}
    }
    let make = move || submit(id.clone()).__into_step(outcome);
    let mut first = {
        // Not workflow code: it runs for some attempts and not for others.
        let _in_step = enter(Current::InStep);
        make()
    };
    if first.settings.undo.get_mut().is_some() {
        op.here.fail(not_undone(&op)).await;
    }
    let (body, settings) = erased(first, make, retry);
    match run_reached(op, known, body, settings).await.encoded {
        Ok(Encoded::Value(_)) => Ok(()),
        Ok(Encoded::Error(error)) => Err(error),
        Err(reason) => Err(ErrorObject::new("NotRecordable", reason)),
    }
}

/// A compensation that would never run: only what a workflow awaits by itself has a place in the order in which things are undone.
pub(super) fn not_undone(op: &Op) -> ErrorObject {
    ErrorObject::new(
        "CompensationMisplaced",
        format!(
            "the step that {} calls says how it is undone, and only a step that the workflow awaits by itself is undone; put `.compensate(..)` on a step before this",
            op.describe()
        ),
    )
}

/// What a submitter returned, of whatever type it was.
struct Submitted {
    encoded: Result<Encoded, String>,
    /// Whether the step's own question allows another attempt.
    retry: bool,
}

/// The question whether an error is worth another attempt.
type RetryIf<Out> = Option<Arc<dyn Fn(&Out) -> bool + Send + Sync>>;

impl Submitted {
    fn of<Out>(out: &Out, outcome: &Outcome<Out>, retry_if: &RetryIf<Out>) -> Self {
        Self {
            encoded: outcome.encode(out),
            retry: retry_if.as_ref().is_none_or(|retry_if| retry_if(out)),
        }
    }

    /// Reads every record, and has room for every fault.
    fn outcome() -> Outcome<Self> {
        Outcome::new(
            |submitted: &Self| submitted.encoded.clone(),
            |recorded| {
                Ok(Self::recorded(match recorded {
                    Recorded::Value(json) => Encoded::Value(json.to_owned()),
                    Recorded::Error(error) => Encoded::Error(error.clone()),
                }))
            },
            |fault| Ok(Self::recorded(Encoded::Error(fault.to_object()))),
        )
    }

    fn recorded(encoded: Encoded) -> Self {
        Self {
            encoded: Ok(encoded),
            retry: false,
        }
    }
}

/// The same step with its result type forgotten. `again` makes it anew for each further attempt.
fn erased<B: StepBody<Output: 'static>>(
    first: Step<B>,
    again: impl Fn() -> Step<B> + Send,
    retry: Option<Box<dyn RetryStrategy>>,
) -> (impl StepBody<Output = Submitted>, Settings<Submitted>) {
    let Step { body, settings } = first;
    let outcome = settings.outcome;
    let retry_if: RetryIf<B::Output> = settings.retry_if.map(Arc::from);
    let mut erased = Settings::new(settings.meta, Submitted::outcome());
    erased.retry = retry.or(settings.retry);
    erased.retry_if = Some(Box::new(|submitted: &Submitted| submitted.retry));
    erased.codec = settings.codec;
    erased.timeout = settings.timeout.map(|timeout| {
        let retry_if = retry_if.clone();
        let error = move |timed_out: TimedOut| {
            Submitted::of(&(timeout.error)(timed_out), &outcome, &retry_if)
        };
        Timeout {
            after: timeout.after,
            error: Box::new(error),
        }
    });
    let body = Erased {
        first: Some(body),
        again,
        outcome,
        retry_if,
    };
    (body, erased)
}

struct Erased<B: StepBody, A> {
    first: Option<B>,
    again: A,
    outcome: Outcome<B::Output>,
    retry_if: RetryIf<B::Output>,
}

// A body is never pinned, and neither is what makes one.
impl<B: StepBody, A> Unpin for Erased<B, A> {}

impl<B: StepBody, A: Fn() -> Step<B> + Send> StepBody for Erased<B, A> {
    type Output = Submitted;

    fn __can_start(&self) -> bool {
        true
    }

    fn __start(&mut self, cx: StepContext) -> Option<impl Future<Output = Submitted> + Send> {
        let first = self.first.take();
        let (again, outcome, retry_if) = (&mut self.again, self.outcome, self.retry_if.clone());
        Some(async move {
            let mut body = match first {
                Some(body) => body,
                None => again().body,
            };
            let out = match body.__start(cx) {
                Some(future) => future.await,
                // A body that was never started can be.
                None => std::future::pending().await,
            };
            Submitted::of(&out, &outcome, &retry_if)
        })
    }
}
