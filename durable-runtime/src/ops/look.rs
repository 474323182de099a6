//! One look of a poll: runs the check, and decides what its state means.

use std::marker::PhantomData;

use super::body::StepBody;
use super::into_step::IntoStep;
use super::poll::Condition;
use super::step::{Semantics, Step};
use super::step_run::{Ended, interrupted, run_body};
use super::submitter::{BoxFuture, not_undone};
use crate::backoff::WaitStrategy;
use crate::context::Busy;
use crate::current::{Current, enter};
use crate::fault::{StepFault, StepFaultKind, no_panic};
use crate::invocation::op::{Op, Snapshot};
use crate::invocation::{Attempt, Urgency};
use crate::outcome::{Encoded, Outcome};
use crate::retry::delay_seconds;
use crate::wire::{ErrorObject, OperationType, OperationUpdate};

/// What a look gave: what the check returned, encoded if it can be, or why it returned nothing. Nothing may suspend before that is queued.
type Looked = (Result<Result<Encoded, String>, StepFault>, Busy);

/// Looks, with a check that returns an `Out`. Behind this trait, so that a closure that gives no step is reported where it is written, and nowhere else.
pub(super) trait Check<S, Out>: Send {
    /// Looks once. `start`: this attempt is not recorded yet.
    fn look<'a>(
        &self,
        state: S,
        outcome: Outcome<Out>,
        look: Look<'a>,
        start: bool,
    ) -> BoxFuture<'a, Looked>
    where
        Self: 'a;
}

/// The closure of a poll.
pub(super) struct Checker<F, C>(F, PhantomData<fn() -> C>);

impl<F, C> Checker<F, C> {
    pub(super) fn new(check: F) -> Self {
        Self(check, PhantomData)
    }
}

impl<S, F, C> Check<S, C::Output> for Checker<F, C>
where
    F: Fn(S) -> C + Send,
    C: IntoStep,
{
    fn look<'a>(
        &self,
        state: S,
        outcome: Outcome<C::Output>,
        look: Look<'a>,
        start: bool,
    ) -> BoxFuture<'a, Looked>
    where
        Self: 'a,
    {
        let step = {
            // Not workflow code: it runs for some attempts and not for others.
            let _in_step = enter(Current::InStep);
            (self.0)(state).__into_step(outcome)
        };
        Box::pin(async move { look.check(step, start).await })
    }
}

/// What a look's state means.
pub(super) enum Decision {
    Done,
    Again(u32),
    GiveUp,
}

/// One look of a poll's operation, by its number, from 1.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) op: &'a Op,
    pub(super) number: u32,
}

impl Look<'_> {
    /// Runs the check once. Nothing may suspend before its outcome is queued.
    async fn check<B: StepBody>(&self, step: Step<B>, start: bool) -> Looked {
        let op = self.op;
        let Step {
            mut body,
            mut settings,
        } = step;
        if settings.codec.is_some() {
            op.here.fail(codec_of_check(op)).await;
        }
        if settings.undo.get_mut().is_some() {
            op.here.fail(not_undone(op)).await;
        }
        let busy = Busy::body(&op.here.core);
        let at_most_once = settings.meta.semantics == Semantics::AtMostOnce;
        if start {
            let start = OperationUpdate::start(OperationType::Step, op.id());
            let sequence = op.push(start, Urgency::Lazy);
            if at_most_once {
                op.hasten();
                op.written(sequence).await;
            }
        } else if at_most_once {
            return (Err(interrupted(op)), busy);
        }
        let observed = Attempt::begin(op, self.number);
        let encoded = match run_body(op, &settings, &mut body, self.number, observed.span()).await {
            Ended::Returned(out) => {
                Ok(no_panic(|| settings.outcome.encode(&out)).and_then(|encoded| encoded))
            }
            Ended::Panicked(message) => {
                let message = format!("{} panicked: {message}", op.describe());
                Err(StepFault::new(StepFaultKind::Panicked, message))
            }
        };
        match &encoded {
            Ok(Ok(encoded)) => observed.ended(encoded),
            Ok(Err(reason)) => {
                let fault = StepFault::new(StepFaultKind::NotRecordable, reason.as_str());
                observed.failed(&fault.to_object());
            }
            Err(fault) => observed.failed(&fault.to_object()),
        }
        (encoded, busy)
    }

    pub(super) fn decide<S>(
        &self,
        state: &S,
        until: &impl Condition<S>,
        strategy: &impl WaitStrategy<S>,
    ) -> Result<Decision, StepFault> {
        let decision = no_panic(|| {
            if until.__is_met(state) {
                return Decision::Done;
            }
            match strategy.next_delay(state, self.number) {
                None => Decision::GiveUp,
                Some(delay) => Decision::Again(delay_seconds(
                    delay,
                    strategy.delay_jitter(),
                    &self.op.here.core.arn,
                    &self.op.id(),
                    self.number,
                )),
            }
        });
        decision.map_err(|reason| {
            let message = format!("{} could not decide: {reason}", self.op.describe());
            StepFault::new(StepFaultKind::Panicked, message)
        })
    }

    pub(super) async fn write(&self, update: OperationUpdate, busy: Busy) -> Option<Snapshot> {
        let sequence = self.op.push(update, Urgency::Now);
        drop(busy);
        self.op.written(sequence).await;
        self.op.snapshot()
    }
}

fn codec_of_check(op: &Op) -> ErrorObject {
    ErrorObject::new(
        "CodecOfCheck",
        format!(
            "the step that {} calls has a codec of its own, which could not read the recorded state before the step is made; give the codec to the poll: `.codec(..)`",
            op.describe()
        ),
    )
}
