//! What awaiting a poll does: a STEP whose attempts are the looks. One that is not done is a RETRY that carries the state.

use super::body::StepBody;
use super::into_step::IntoStep;
use super::poll::{Condition, Poll};
use super::poll_outcome::PollExhausted;
use super::step::{Semantics, Settings, Step, StepMeta};
use super::step_record::{record_of, recorded, undecodable};
use super::step_run::{Ended, interrupted, run_body, unexpected_status};
use crate::backoff::WaitStrategy;
use crate::context::Busy;
use crate::durable::Tuning;
use crate::fault::{StepFault, StepFaultKind, no_panic};
use crate::invocation::op::{Op, Snapshot, WAIT_FOR_CONDITION};
use crate::invocation::{Attempt, Urgency};
use crate::outcome::{Encoded, Payload, Recorded, RecordedError};
use crate::retry::delay_seconds;
use crate::site::Site;
use crate::wire::{ErrorObject, OperationStatus, OperationType, OperationUpdate};

pub(super) async fn run<S, E, F, C, U, W>(
    poll: Poll<S, E, F, C::Output, U, W>,
    site: &'static Site,
    tuning: Tuning,
) -> Result<S, E>
where
    S: Payload,
    E: RecordedError,
    F: Fn(S) -> C + Send,
    C: IntoStep,
    U: Condition<S> + Send,
    W: WaitStrategy<S> + Send,
{
    let Poll {
        initial,
        check,
        outcome,
        until,
        strategy,
        codec,
        tuning: own,
    } = poll;
    let tuning = tuning.or(own);
    let (op, mut known) = Op::reach(site, &tuning, &WAIT_FOR_CONDITION, Some(site.key)).await;
    let mut settings = Settings::new(StepMeta::new(site.key), outcome.poll);
    settings.codec = codec;
    let mut initial = Some(initial);
    loop {
        let attempts = known.as_ref().map_or(0, |known| known.attempts);
        let start = match known.as_ref().map(|known| known.status) {
            Some(OperationStatus::Succeeded | OperationStatus::Failed) => {
                return recorded(&op, &settings).await;
            }
            Some(OperationStatus::Pending) => {
                known = op.parked(OperationStatus::Pending, None).await;
                continue;
            }
            Some(OperationStatus::Started) => false,
            None | Some(OperationStatus::Ready) => true,
            Some(other) => op.here.fail(unexpected_status(&op, other)).await,
        };
        let state = match recorded_state(&op, &settings, attempts, start).await {
            Some(state) => state,
            None => match initial.take() {
                Some(initial) => initial,
                None => {
                    // It was used up by an attempt whose state the service has lost.
                    op.here.core.request_replay();
                    std::future::pending().await
                }
            },
        };
        let step = check(state).__into_step(outcome.check);
        let look = Look {
            op: &op,
            number: attempts + 1,
        };
        let (encoded, busy) = look.check(step, start).await;
        let looked = match encoded {
            Ok(encoded) => record_of(&op, &settings, encoded).await,
            Err(fault) => Err(fault),
        };
        let decision = match looked {
            Ok((Encoded::Value(payload), Ok(state))) => {
                match look.decide(&state, &until, &strategy) {
                    Ok(Decision::Done) => {
                        let update = OperationUpdate::succeed(OperationType::Step, op.id());
                        look.write(update.with_payload(payload), busy).await;
                        return Ok(state);
                    }
                    Ok(Decision::Again(seconds)) => Ok(OperationUpdate::retry_with_payload(
                        op.id(),
                        payload,
                        seconds,
                    )),
                    Ok(Decision::GiveUp) => Err((outcome.exhausted)(PollExhausted {
                        name: op.name().to_owned(),
                        attempts: look.number,
                    })
                    .to_object()),
                    Err(fault) => Err(fault.to_object()),
                }
            }
            Ok((Encoded::Error(error), _)) => Err(error),
            // A value that reads back as an error: nobody can tell what it is.
            Ok((Encoded::Value(_), Err(error))) => Err(error.to_object()),
            Err(fault) => Err(fault.to_object()),
        };
        let update = decision
            .unwrap_or_else(|error| OperationUpdate::fail(OperationType::Step, op.id(), error));
        known = look.write(update, busy).await;
    }
}

/// The state to go on with, as the last look recorded it; `None` before the first one.
async fn recorded_state<S, E>(
    op: &Op,
    settings: &Settings<Result<S, E>>,
    attempts: u32,
    start: bool,
) -> Option<S> {
    if attempts == 0 {
        return None;
    }
    let state = op
        .with_record(|operation| operation.result().map(str::to_owned))
        .flatten();
    let state = match state {
        Some(state) => state,
        // READY without a state: it was `null`. STARTED without one: some services forget it when an attempt starts.
        None if start => "null".to_owned(),
        None => return None,
    };
    let json = op.decode_payload(settings.codec.as_deref(), &state).await;
    let decoded = json.and_then(|json| (settings.outcome.decode)(Recorded::Value(&json)));
    match decoded {
        Ok(Ok(state)) => Some(state),
        Ok(Err(_)) => None,
        Err(reason) => op.here.fail(undecodable(op, &reason)).await,
    }
}

enum Decision {
    Done,
    Again(u32),
    GiveUp,
}

/// One look.
struct Look<'a> {
    op: &'a Op,
    number: u32,
}

impl Look<'_> {
    /// Runs the check once. Nothing may suspend before its outcome is queued.
    async fn check<B: StepBody>(
        &self,
        step: Step<B>,
        start: bool,
    ) -> (Result<Result<Encoded, String>, StepFault>, Busy) {
        let op = self.op;
        let Step { mut body, settings } = step;
        if settings.codec.is_some() {
            op.here.fail(codec_of_check(op)).await;
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

    fn decide<S>(
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

    async fn write(&self, update: OperationUpdate, busy: Busy) -> Option<Snapshot> {
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
