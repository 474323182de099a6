//! The end of an invocation whose workflow has returned.

use std::future::poll_fn;
use std::task::Poll;

use super::core::{Core, Ending};
use super::driver::Invocation;
use super::end::{InvocationError, Outcome};
use super::journal::Urgency;
use crate::host::{Backend, Successor};
use crate::outcome::Encoded;
use crate::replay::ROOT;
use crate::wire::{ErrorObject, OperationType, OperationUpdate, limits};

impl<B: Backend> Invocation<B> {
    /// The workflow returned: says so in a form that fits.
    pub(super) async fn finish(&mut self, encoded: Encoded) -> Result<Outcome, Ending> {
        self.check_left_over("returned")?;
        quiesce(&self.core).await?;
        match encoded {
            Encoded::Error(error) => Ok(Outcome::Failed(error)),
            Encoded::Value(result) if result.len() <= limits::RESULT_INLINE_MAX => {
                Ok(Outcome::Succeeded(result))
            }
            Encoded::Value(result) => {
                finish_large(&self.core, self.registration.name(), result).await
            }
        }
    }

    /// The workflow restarts: the successor is recorded first, and then this execution ends. After a crash in between the workflow comes here again, and
    /// the successor is there.
    pub(super) async fn hand_over(&mut self, input: String) -> Result<Outcome, Ending> {
        self.check_left_over("restarted")?;
        // What the successor could not read would end the chain where nobody looks. The future is only made, not run.
        drop(self.started_with(&input)?);
        if input.len() > limits::INPUT_PAYLOAD_MAX {
            return Ok(Outcome::Failed(ErrorObject::new(
                "PayloadTooLarge",
                format!(
                    "workflow `{}` restarts with an input of {} bytes, and an execution's input has at most {}; hand on a reference to it instead",
                    self.registration.name(),
                    input.len(),
                    limits::INPUT_PAYLOAD_MAX,
                ),
            )));
        }
        quiesce(&self.core).await?;
        if !self.core.state.lock().journal.may_write() {
            // Paused, or given to another invocation: this one may begin nothing any more.
            return Err(Ending::Released);
        }
        let successor = Successor::of(&self.core.arn, input);
        match self.backend.restart(&successor).await {
            Ok(()) => Ok(Outcome::Succeeded(successor.to_result())),
            Err(error) if error.is_retryable() => {
                Err(Ending::Errored(InvocationError::Backend(error)))
            }
            Err(error) => Ok(Outcome::Failed(ErrorObject::new(
                "RestartRejected",
                format!(
                    "workflow `{}` could not be restarted: {error}",
                    self.registration.name()
                ),
            ))),
        }
    }

    /// What the history holds and the code never came to.
    fn check_left_over(&self, how: &str) -> Result<(), Ending> {
        let left_over = {
            let mut state = self.core.state.lock();
            state.root_returned();
            state.journal.forget_cancels();
            std::mem::take(&mut state.left_over)
        };
        if left_over.is_empty() {
            return Ok(());
        }
        let message = format!(
            "workflow `{}` {how} without reaching what its history holds: {}",
            self.registration.name(),
            left_over.join(", ")
        );
        if self.options.strict {
            return Err(Ending::Errored(InvocationError::NonDeterministic(message)));
        }
        tracing::warn!(arn = self.core.arn, "{message}");
        Ok(())
    }
}

/// A result that doesn't fit in the answer is checkpointed; one that doesn't fit there either fails the execution.
async fn finish_large(core: &Core, workflow: &str, result: String) -> Result<Outcome, Ending> {
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
async fn quiesce(core: &Core) -> Result<(), Ending> {
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
