//! What somebody outside does to an execution: completes its callbacks, stops it.

use std::sync::Arc;

use durable_runtime::wire::{ErrorObject, Timestamp};

use super::Host;
use crate::callback::{CallbackSend, CallbackSendError};
use crate::core::{CallbackRefused, Commit, Execution, PauseRefused, callback_target};
use crate::error::EngineError;

impl Host {
    /// Does something to its end, whether or not the caller still waits for it.
    ///
    /// What changes an execution first records the change and then tells the execution. A caller that stops waiting in between (a timeout around a call, a client
    /// that hangs up) must not leave one that is changed and does not know it.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, EngineError> {
        let busy = self.activity.busy();
        let abort = self.abort.clone();
        let done = self.tasks.spawn(async move {
            let done = abort.run_until_cancelled(work).await;
            drop(busy);
            done
        });
        match done.await {
            Ok(Some(done)) => Ok(done),
            Ok(None) | Err(_) => Err(EngineError::ShutDown),
        }
    }

    /// Sends a result, an error or a heartbeat to a callback.
    pub(crate) async fn send_callback(
        self: &Arc<Self>,
        id: &str,
        what: CallbackSend,
    ) -> Result<(), CallbackSendError> {
        let (host, id) = (Arc::clone(self), id.to_owned());
        self.to_the_end(async move { host.send(&id, what).await })
            .await?
    }

    async fn send(self: &Arc<Self>, id: &str, what: CallbackSend) -> Result<(), CallbackSendError> {
        let unknown = |arn: &str| CallbackRefused::Unknown {
            callback_id: id.to_owned(),
            arn: arn.to_owned(),
        };
        let Some((arn, _)) = callback_target(id) else {
            return Err(unknown("any execution").into());
        };
        let Some(slot) = self.slot(&arn).await? else {
            // It has ended, or never was; which of them, and what became of the callback, is for the core to say.
            let Some(loaded) = self.store.load(&arn).await.map_err(EngineError::from)? else {
                return Err(unknown("any execution").into());
            };
            let mut ended =
                Execution::restore(loaded.record, loaded.operations).map_err(EngineError::from)?;
            self.complete(&mut ended, id, what)?;
            return Err(unknown(&arn).into());
        };
        let mut guarded = slot.guarded.lock().await;
        // What was due before this came, such as the callback's timeout, was first.
        let due = guarded.execution.due(self.clock.now());
        let completed = self.complete(&mut guarded.execution, id, what);
        let commit = match &completed {
            Ok(commit) => due.then(commit.clone()),
            Err(_) => due,
        };
        self.commit(&slot, &mut guarded, commit).await?;
        slot.poll_invocation();
        self.schedule(&slot, &mut guarded);
        completed.map(drop).map_err(Into::into)
    }

    fn complete(
        &self,
        execution: &mut Execution,
        id: &str,
        what: CallbackSend,
    ) -> Result<Commit, CallbackRefused> {
        let now = self.clock.now();
        match what {
            CallbackSend::Success(result) => execution.complete_callback(id, Ok(result), now),
            CallbackSend::Failure(error) => execution.complete_callback(id, Err(error), now),
            CallbackSend::Heartbeat => execution.heartbeat(id, now),
        }
    }

    /// Ends this one execution.
    pub(super) async fn stop_one(
        self: &Arc<Self>,
        arn: &str,
        error: Option<ErrorObject>,
    ) -> Result<(), EngineError> {
        let Some(slot) = self.slot(arn).await? else {
            return Ok(());
        };
        let mut guarded = slot.guarded.lock().await;
        let commit = guarded.execution.stop(error, self.clock.now());
        self.commit(&slot, &mut guarded, commit).await?;
        slot.poll_invocation();
        self.schedule(&slot, &mut guarded);
        Ok(())
    }

    /// Pauses an execution, or ends its pause. None when there is none that is open.
    pub(crate) async fn change_pause(
        self: &Arc<Self>,
        arn: &str,
        change: impl FnOnce(&mut Execution, Timestamp) -> Result<Commit, PauseRefused> + Send + 'static,
    ) -> Result<Option<Result<(), PauseRefused>>, EngineError> {
        let (host, arn) = (Arc::clone(self), arn.to_owned());
        self.to_the_end(async move {
            let Some(slot) = host.slot(&arn).await? else {
                return Ok(None);
            };
            let mut guarded = slot.guarded.lock().await;
            let commit = match change(&mut guarded.execution, host.clock.now()) {
                Ok(commit) => commit,
                Err(refused) => return Ok(Some(Err(refused))),
            };
            host.commit(&slot, &mut guarded, commit).await?;
            host.schedule(&slot, &mut guarded);
            Ok(Some(Ok(())))
        })
        .await?
    }
}
