//! What awaiting a step does: rules 1, 3, 7, 10 and 13 of the runtime.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tracing::Instrument;

use super::body::StepBody;
use super::step::{Semantics, Settings, Step};
use crate::codec::PayloadContext;
use crate::context::{Busy, StepContext};
use crate::current::in_step;
use crate::durable::Tuning;
use crate::fault::{StepFault, StepFaultKind, TimedOut, no_panic, panic_message};
use crate::invocation::Urgency;
use crate::invocation::op::{Op, STEP, Snapshot};
use crate::outcome::{Encoded, Recorded};
use crate::retry::{RetryDecision, delay_seconds};
use crate::site::Site;
use crate::wire::{ErrorObject, OperationStatus, OperationType, OperationUpdate, limits};

pub(super) async fn run<B: StepBody>(
    step: Step<B>,
    site: &'static Site,
    tuning: Tuning,
) -> B::Output {
    let Step {
        mut body,
        mut settings,
    } = step;
    settings.tuning = tuning.or(std::mem::take(&mut settings.tuning));
    let (op, mut known) = Op::reach(site, &settings.tuning, &STEP, Some(settings.meta.name)).await;
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
                let fault = StepFault::new(
                    StepFaultKind::Interrupted,
                    format!(
                        "{} was started and interrupted before its result was recorded; whether its side effect happened is unknown, and it must not run twice",
                        op.describe()
                    ),
                );
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

fn unexpected_status(op: &Op, status: OperationStatus) -> ErrorObject {
    ErrorObject::new(
        "UnexpectedStatus",
        format!(
            "{} is recorded as {status}, which the service does to no operation of its kind",
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
    let (encoded, retry) = match run_body(op, settings, body, number).await {
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
            let fault = StepFault::new(StepFaultKind::Panicked, message);
            return Progress::Known(
                failed(op, settings, fault.to_object(), true, number, busy).await,
            );
        }
    };
    match record_of(op, settings, encoded).await {
        Ok((Encoded::Value(payload), out)) => {
            let update = OperationUpdate::succeed(OperationType::Step, op.id());
            let sequence = op.push(update.with_payload(payload), Urgency::Now);
            drop(busy);
            op.written(sequence).await;
            Progress::Done(out)
        }
        Ok((Encoded::Error(error), out)) => {
            let known = failed(op, settings, error, retry, number, busy).await;
            match &known {
                Some(Snapshot {
                    status: OperationStatus::Failed,
                    ..
                }) => Progress::Done(out),
                _ => Progress::Known(known),
            }
        }
        Err(fault) => Progress::Known(
            failed(
                op,
                settings,
                fault.to_object(),
                fault.kind.is_retryable(),
                number,
                busy,
            )
            .await,
        ),
    }
}

enum Ended<Out> {
    Returned(Out),
    Panicked(String),
}

async fn run_body<B: StepBody>(
    op: &Op,
    settings: &Settings<B::Output>,
    body: &mut B,
    number: u32,
) -> Ended<B::Output> {
    let after = settings.timeout.as_ref().map(|timeout| timeout.after);
    let span = tracing::info_span!(
        "step",
        otel.name = op.name(),
        execution_arn = op.here.core.arn,
        operation_id = %op.place.id,
        attempt = number,
    );
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
        future: future.instrument(span),
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

/// What will be recorded, and the value as it reads back: what does not decode live would not decode on replay either.
async fn record_of<Out>(
    op: &Op,
    settings: &Settings<Out>,
    encoded: Result<Encoded, String>,
) -> Result<(Encoded, Out), StepFault> {
    let not_recordable = |reason: String| {
        StepFault::new(
            StepFaultKind::NotRecordable,
            format!(
                "the result of {} can't be recorded: {reason}",
                op.describe()
            ),
        )
    };
    let mut encoded = encoded.map_err(not_recordable)?;
    let decode = |recorded: Recorded<'_>| {
        no_panic(|| (settings.outcome.decode)(recorded))
            .and_then(|decoded| decoded)
            .map_err(|reason| {
                not_recordable(format!("what was written does not read back: {reason}"))
            })
    };
    let out = match (&mut encoded, &settings.codec) {
        (Encoded::Value(json), Some(codec)) => {
            let (arn, id) = (op.here.core.arn.clone(), op.id());
            let context = PayloadContext {
                execution_arn: &arn,
                operation_id: &id,
            };
            let failed = |error| not_recordable(format!("its codec failed: {error}"));
            *json = codec
                .encode(std::mem::take(json), context)
                .await
                .map_err(failed)?;
            let read = codec.decode(json.clone(), context).await.map_err(failed)?;
            decode(Recorded::Value(&read))?
        }
        (encoded, _) => decode(encoded.as_recorded())?,
    };
    let (what, size, limit) = match &encoded {
        Encoded::Value(json) => ("result", json.len(), limits::OPERATION_PAYLOAD_MAX),
        Encoded::Error(error) => ("error", error.size(), limits::ERROR_MAX),
    };
    if size > limit {
        return Err(StepFault::new(
            StepFaultKind::PayloadTooLarge,
            format!(
                "the {what} of {} has {size} bytes, and an operation may record {limit}; return a reference to it, or give the step a `codec` that compresses it or stores it elsewhere",
                op.describe()
            ),
        ));
    }
    Ok((encoded, out))
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

/// The recorded outcome, decoded.
async fn recorded<Out>(op: &Op, settings: &Settings<Out>) -> Out {
    // The text is taken out while it is decoded, so that no lock is held while user code runs, and put back for a replay
    // in the same process.
    let details = match &settings.codec {
        None => op
            .with_record(|operation| operation.step_details.as_mut().map(std::mem::take))
            .flatten(),
        // Decoding waits, and may be dropped while it does.
        Some(_) => op
            .with_record(|operation| operation.step_details.clone())
            .flatten(),
    };
    let details = details.unwrap_or_default();
    let decoded = match &details.error {
        Some(error) => match StepFault::from_object(error) {
            Some(fault) => match settings.outcome.made_of_fault(fault) {
                Ok(out) => Ok(out),
                Err(_) => {
                    let error = error.clone();
                    put_back(op, details);
                    op.here.fail(error).await
                }
            },
            None => (settings.outcome.decode)(Recorded::Error(error)),
        },
        None => {
            let recorded = details.result.as_deref().unwrap_or("null");
            match &settings.codec {
                None => (settings.outcome.decode)(Recorded::Value(recorded)),
                Some(codec) => {
                    let (arn, id) = (op.here.core.arn.clone(), op.id());
                    let context = PayloadContext {
                        execution_arn: &arn,
                        operation_id: &id,
                    };
                    let _busy = Busy::body(&op.here.core);
                    match codec.decode(recorded.to_owned(), context).await {
                        Ok(json) => (settings.outcome.decode)(Recorded::Value(&json)),
                        Err(error) => Err(format!("its codec failed: {error}")),
                    }
                }
            }
        }
    };
    put_back(op, details);
    match decoded {
        Ok(out) => out,
        Err(reason) => op.here.fail(undecodable(op, &reason)).await,
    }
}

fn put_back(op: &Op, details: crate::wire::StepDetails) {
    op.with_record(|operation| operation.step_details = Some(details));
}

/// What was recorded by older code no longer fits the type.
pub(super) fn undecodable(op: &Op, reason: &str) -> ErrorObject {
    ErrorObject::new(
        "RecordedResultUndecodable",
        format!(
            "the recorded result of {} no longer fits its type: {reason}. Keep the type readable for recorded values (`#[serde(default)]`, `#[serde(alias)]`), or give the changed step a new name",
            op.describe()
        ),
    )
}
