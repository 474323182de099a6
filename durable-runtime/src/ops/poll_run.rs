//! What awaiting a poll does: a STEP whose attempts are the looks. One that is not done is a RETRY that carries the state.

use super::look::{Decision, Look};
use super::poll::{Condition, Poll};
use super::poll_outcome::PollExhausted;
use super::step::{Settings, StepMeta};
use super::step_record::{record_of, recorded, undecodable};
use super::step_run::unexpected_status;
use crate::backoff::WaitStrategy;
use crate::durable::Tuning;
use crate::fault::{StepFault, StepFaultKind};
use crate::invocation::op::{Op, WAIT_FOR_CONDITION};
use crate::outcome::{Encoded, Recorded};
use crate::site::Site;
use crate::wire::{ErrorObject, OperationStatus, OperationType, OperationUpdate};

pub(super) async fn run<S, E, Out, U, W>(
    poll: Poll<'_, S, E, Out, U, W>,
    site: &'static Site,
    tuning: Tuning,
) -> Result<S, E>
where
    S: Send,
    E: Send,
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
        let look = Look {
            op: &op,
            number: attempts + 1,
        };
        let looking = check.look(state, outcome.check, look, start);
        let (encoded, busy) = looking.await;
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
                    Ok(Decision::GiveUp) => {
                        let exhausted = (outcome.exhausted)(PollExhausted {
                            name: op.name().to_owned(),
                            attempts: look.number,
                        });
                        Err(error_of(&settings, Err(exhausted)))
                    }
                    Err(fault) => Err(fault.to_object()),
                }
            }
            Ok((Encoded::Error(error), _)) => Err(error),
            // A value that reads back as an error: nobody can tell what it is.
            Ok((Encoded::Value(_), error)) => Err(error_of(&settings, error)),
            Err(fault) => Err(fault.to_object()),
        };
        let update = decision
            .unwrap_or_else(|error| OperationUpdate::fail(OperationType::Step, op.id(), error));
        known = look.write(update, busy).await;
    }
}

/// An error of the poll, as it goes on the wire.
fn error_of<S, E>(settings: &Settings<Result<S, E>>, error: Result<S, E>) -> ErrorObject {
    let reason = match settings.outcome.encode(&error) {
        Ok(Encoded::Error(error)) => return error,
        Ok(Encoded::Value(_)) => "an error was recorded as a value".to_owned(),
        Err(reason) => reason,
    };
    StepFault::new(StepFaultKind::NotRecordable, reason).to_object()
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
