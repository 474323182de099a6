//! The end of an invocation whose workflow has returned.

use std::future::poll_fn;
use std::task::Poll;

use super::core::{Core, Ending};
use super::end::Outcome;
use super::journal::Urgency;
use crate::replay::ROOT;
use crate::wire::{ErrorObject, OperationType, OperationUpdate, limits};

/// A result that doesn't fit in the answer is checkpointed; one that doesn't fit there either fails the execution.
pub(super) async fn finish_large(
    core: &Core,
    workflow: &str,
    result: String,
) -> Result<Outcome, Ending> {
    if result.len() > limits::WIRE_PAYLOAD_MAX {
        return Ok(Outcome::Failed(ErrorObject::new(
            "PayloadTooLarge",
            format!(
                "the result of workflow `{workflow}` has {} bytes, and an execution's result has at most {}; return a reference to it instead",
                result.len(),
                limits::WIRE_PAYLOAD_MAX,
            ),
        )));
    }
    let id = core.arn.rsplit('/').next().unwrap_or_default();
    let update = OperationUpdate::succeed(OperationType::Execution, id).with_payload(result);
    core.state.lock().push(ROOT, update, Urgency::Now);
    quiesce(core).await?;
    Ok(Outcome::Succeeded(String::new()))
}

/// Waits until nothing is queued or in flight.
pub(super) async fn quiesce(core: &Core) -> Result<(), Ending> {
    poll_fn(|cx| {
        let mut state = core.state.lock();
        state.driver = Some(cx.waker().clone());
        if let Some(ending) = state.ending.take() {
            return Poll::Ready(Err(ending));
        }
        if state.journal.is_idle() || !state.journal.may_write() {
            return Poll::Ready(Ok(()));
        }
        core.flush(&mut state);
        Poll::Pending
    })
    .await
}
