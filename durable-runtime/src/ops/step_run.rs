//! What awaiting a step does: rules 1, 3, 7, 10 and 13 of the runtime.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tracing::{Instrument, Span};

use super::body::StepBody;
use super::step::{Semantics, Settings, Step};
use super::step_record::{record_of, recorded};
use crate::context::{Busy, StepContext};
use crate::current::in_step;
use crate::durable::Tuning;
use crate::fault::{StepFault, StepFaultKind, TimedOut, no_panic, panic_message};
use crate::invocation::op::{Op, STEP, Snapshot};
use crate::invocation::{Attempt, Urgency};
use crate::outcome::Encoded;
use crate::retry::{RetryDecision, delay_seconds};
use crate::site::Site;
use crate::wire::{ErrorObject, OperationStatus, OperationType, OperationUpdate};

pub(super) async fn run<B: StepBody>(
    step: Step<B>,
    site: &'static Site,
    tuning: Tuning,
) -> B::Output {
    let Step { body, mut settings } = step;
    settings.tuning = tuning.or(std::mem::take(&mut settings.tuning));
    let (op, known) = Op::reach(site, &settings.tuning, &STEP, Some(settings.meta.name)).await;
    run_reached(op, known, body, settings).await
}

/// The same for a step whose operation is reached already.
pub(super) async fn run_reached<B: StepBody>(
    op: Op,
    mut known: Option<Snapshot>,
    mut body: B,
    mut settings: Settings<B::Output>,
) -> B::Output {
    if let Some(undo) = settings.undo.get_mut().take() {
        let tuning = &settings.tuning;
        let name = tuning.display_name(Some(settings.meta.name));
        let key = tuning.key().unwrap_or_default();
        op.register(
            undo,
            name.unwrap_or_default().into(),
            key,
            settings.codec.clone(),
        );
    }
    loop {
        let attempts = known.as_ref().map_or(0, |known| known.attempts);
        let progress = match known.as_ref().map(|known| known.status) {
            Some(OperationStatus::Succeeded | OperationStatus::Failed) => {
                return recorded(&op, &settings).await;
            }
            Some(OperationStatus::Pending) => {
                Progress::Known(op.parked(OperationStatus::Pending, None).await)
            }
            Some(OperationStatus::Started) if settings.meta.semantics == Semantics::AtMostOnce => {
                let fault = interrupted(&op);
                Progress::Known(
                    failed(
                        &op,
                        &settings,
                        fault.to_object(),
                        true,
                        attempts + 1,
                        Busy::body(&op.here.core),
                    )
                    .await,
                )
            }
            Some(OperationStatus::Started) => {
                attempt(&op, &settings, &mut body, false, attempts + 1).await
            }
            None | Some(OperationStatus::Ready) => {
                attempt(&op, &settings, &mut body, true, attempts + 1).await
            }
            Some(other) => op.here.fail(unexpected_status(&op, other)).await,
        };
        match progress {
            Progress::Known(now) => known = now,
            Progress::Done(out) => return out,
        }
    }
}

/// How far an attempt brought the step.
enum Progress<Out> {
    /// The operation is in this state now.
    Known(Option<Snapshot>),
    /// Finished and acknowledged, with the value as it reads back.
    Done(Out),
}

pub(super) fn unexpected_status(op: &Op, status: OperationStatus) -> ErrorObject {
    ErrorObject::new(
        "UnexpectedStatus",
        format!(
            "{} is recorded as {status}, which the service does to no operation of its kind",
            op.describe()
        ),
    )
}

/// An at-most-once body was started, and nobody knows how far it came.
pub(super) fn interrupted(op: &Op) -> StepFault {
    StepFault::new(
        StepFaultKind::Interrupted,
        format!(
            "{} was started and interrupted before its result was recorded; whether its side effect happened is unknown, and it must not run twice",
            op.describe()
        ),
    )
}

/// Runs the body once and records how it ended.
async fn attempt<B: StepBody>(
    op: &Op,
    settings: &Settings<B::Output>,
    body: &mut B,
    start: bool,
    number: u32,
) -> Progress<B::Output> {
    if !body.__can_start() {
        op.here.core.request_replay();
        return std::future::pending().await;
    }
    // Held from before the START, since a replay between an at-most-once START and its body would take it for interrupted, until the outcome is
    // queued, since encoding may wait for the outside too.
    let busy = Busy::body(&op.here.core);
    if start {
        let sequence = op.push(
            OperationUpdate::start(OperationType::Step, op.id()),
            Urgency::Lazy,
        );
        if settings.meta.semantics == Semantics::AtMostOnce {
            op.hasten();
            op.written(sequence).await;
        }
    }
    let observed = Attempt::begin(op, number);
    let (encoded, retry) = match run_body(op, settings, body, number, observed.span()).await {
        Ended::Returned(out) => {
            let retry = no_panic(|| {
                settings
                    .retry_if
                    .as_ref()
                    .is_none_or(|retry_if| retry_if(&out))
            });
            let encoded = no_panic(|| settings.outcome.encode(&out)).and_then(|encoded| encoded);
            // A question that panics has no answer; one more attempt will not give it one.
            (encoded, retry.unwrap_or(false))
        }
        Ended::Panicked(message) => {
            let message = format!("{} panicked: {message}", op.describe());
            let error = StepFault::new(StepFaultKind::Panicked, message).to_object();
            observed.failed(&error);
            return Progress::Known(failed(op, settings, error, true, number, busy).await);
        }
    };
    match record_of(op, settings, encoded).await {
        Ok((Encoded::Value(payload), out)) => {
            observed.succeeded();
            let update = OperationUpdate::succeed(OperationType::Step, op.id());
            let sequence = op.push(update.with_payload(payload), Urgency::Now);
            drop(busy);
            op.written(sequence).await;
            Progress::Done(out)
        }
        Ok((Encoded::Error(error), out)) => {
            observed.failed(&error);
            let known = failed(op, settings, error, retry, number, busy).await;
            match &known {
                Some(Snapshot {
                    status: OperationStatus::Failed,
                    ..
                }) => Progress::Done(out),
                _ => Progress::Known(known),
            }
        }
        Err(fault) => {
            let error = fault.to_object();
            observed.failed(&error);
            let retry = fault.kind.is_retryable();
            Progress::Known(failed(op, settings, error, retry, number, busy).await)
        }
    }
}

pub(super) enum Ended<Out> {
    Returned(Out),
    Panicked(String),
}

pub(super) async fn run_body<B: StepBody>(
    op: &Op,
    settings: &Settings<B::Output>,
    body: &mut B,
    number: u32,
    span: &Span,
) -> Ended<B::Output> {
    let after = settings.timeout.as_ref().map(|timeout| timeout.after);
    let cx = StepContext::new(&op.here.core, op.id(), number, after, span.clone());
    let _cancel = CancelOnDrop(&cx);
    let own = cx.clone();
    let started = catch_unwind(AssertUnwindSafe(move || B::__start(body, own)));
    let future = match started {
        Ok(Some(future)) => future,
        Ok(None) => return std::future::pending().await,
        Err(panic) => return Ended::Panicked(panic_message(&*panic)),
    };
    let future = in_step(CatchUnwind {
        future: future.instrument(span.clone()),
    });
    let ended = match (after, &settings.timeout) {
        (Some(after), Some(timeout)) => match tokio::time::timeout(after, future).await {
            Ok(ended) => ended,
            Err(_) => Ended::Returned((timeout.error)(TimedOut {
                step: op.name().to_owned(),
                after_millis: millis(after),
            })),
        },
        _ => future.await,
    };
    cx.cancel();
    cx.settled().await;
    ended
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Nobody wants the attempt's result any more when this goes.
struct CancelOnDrop<'a>(&'a StepContext);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

pin_project! {
    /// A panic in a body is a failure of its attempt.
    struct CatchUnwind<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for CatchUnwind<F> {
    type Output = Ended<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match catch_unwind(AssertUnwindSafe(|| this.future.poll(cx))) {
            Ok(poll) => poll.map(Ended::Returned),
            Err(panic) => Poll::Ready(Ended::Panicked(panic_message(&*panic))),
        }
    }
}

/// Records a failed attempt: RETRY if the strategy says so, else FAIL.
async fn failed<Out>(
    op: &Op,
    settings: &Settings<Out>,
    error: ErrorObject,
    retry: bool,
    number: u32,
    busy: Busy,
) -> Option<Snapshot> {
    let strategy = settings.strategy();
    let decision = if retry {
        no_panic(|| strategy.decide(&error, number)).unwrap_or(RetryDecision::Stop)
    } else {
        RetryDecision::Stop
    };
    let update = match decision {
        RetryDecision::RetryAfter(delay) => {
            let seconds = delay_seconds(
                delay,
                strategy.delay_jitter(),
                &op.here.core.arn,
                &op.id(),
                number,
            );
            tracing::debug!(
                step = op.name(),
                attempt = number,
                seconds,
                "step failed and will be tried again"
            );
            OperationUpdate::retry_with_error(op.id(), error, seconds)
        }
        RetryDecision::Stop => OperationUpdate::fail(OperationType::Step, op.id(), error),
    };
    let sequence = op.push(update, Urgency::Now);
    drop(busy);
    op.written(sequence).await;
    op.snapshot()
}
