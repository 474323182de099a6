//! Undoing what a workflow did.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use super::CompensationFailure;
use super::failure::attach;
use super::lineage::Rescue;
use super::registered::Registered;
use crate::current::{Current, current, scoped};
use crate::fault::panic_message;
use crate::invocation::Core;
use crate::invocation::op::{Here, Op, STEP};
use crate::outcome::{Encoded, Outcome};
use crate::replay::ScopeIndex;
use crate::wire::{ErrorObject, OperationStatus};

/// A workflow's body returned: encodes what it returned, and if that is an error undoes what the workflow did. Polled in the workflow's scope.
pub(crate) async fn conclude<Out: Send>(
    outcome: Outcome<Out>,
    body: impl Future<Output = Out> + Send,
) -> Result<Encoded, String> {
    let mut encoded = {
        let out = body.await;
        outcome.encode(&out)
    };
    let Current::Workflow(core, workflow) = current() else {
        return encoded;
    };
    if let Ok(Encoded::Error(error)) = &mut encoded {
        let failures = compensating(core, workflow).await;
        attach(error, &failures);
    } else {
        let registered = core.state.lock().scopes.sagas.take(workflow);
        // Closures of the user's: not dropped under the lock.
        drop(registered);
    }
    encoded
}

/// Undoes, one after the other, what was done last first. Made here and not where it is awaited, so that what it takes is on the stack only when something is
/// undone: workflows are polled inside each other.
fn compensating(
    core: Arc<Core>,
    workflow: ScopeIndex,
) -> Pin<Box<dyn Future<Output = Vec<CompensationFailure>> + Send>> {
    Box::pin(compensate(core, workflow))
}

async fn compensate(core: Arc<Core>, workflow: ScopeIndex) -> Vec<CompensationFailure> {
    let core = &core;
    let mut failures = Vec::new();
    core.state.lock().scopes.sagas.sort(workflow);
    while let Some(step) = {
        let mut state = core.state.lock();
        state.scopes.sagas.pop(workflow)
    } {
        let name = step.name.clone();
        if let Err(error) = undo(core, workflow, step).await {
            tracing::error!(
                execution_arn = core.arn,
                step = name,
                %error,
                "what this step did could not be undone"
            );
            failures.push(CompensationFailure::new(name, error));
        }
    }
    failures
}

async fn undo(core: &Arc<Core>, workflow: ScopeIndex, step: Registered) -> Result<(), ErrorObject> {
    let recorded = {
        let state = core.state.lock();
        let record = state.history.get(&step.place.id);
        record
            .filter(|record| record.status == OperationStatus::Succeeded)
            .map(|record| record.result().unwrap_or("null").to_owned())
    };
    // A step that failed, or was given up before its success was recorded, has done nothing that anybody knows of.
    let Some(recorded) = recorded else {
        return Ok(());
    };
    let rescue = Rescue::default();
    let scope = core
        .state
        .lock()
        .scopes
        .open_compensation(workflow, &step, rescue.clone());
    let here = Here {
        core: Arc::clone(core),
        scope,
    };
    let future = scoped(Arc::clone(core), scope, undo_one(here, step, recorded));
    let mut future = pin!(future);
    poll_fn(|cx| {
        let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match poll {
            Ok(Poll::Ready(result)) => Poll::Ready(result),
            Ok(Poll::Pending) => match rescue.take() {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
            Err(panic) => Poll::Ready(Err(ErrorObject::new(
                "CompensationPanicked",
                format!("the compensation panicked: {}", panic_message(&*panic)),
            ))),
        }
    })
    .await
}

async fn undo_one(here: Here, step: Registered, recorded: String) -> Result<(), ErrorObject> {
    let Registered {
        place,
        site,
        definition,
        codec,
        undo,
        ..
    } = step;
    let op = Op::recorded(here, site, place, &STEP, definition);
    let json = op
        .decode_payload(codec.as_deref(), &recorded)
        .await
        .map_err(|reason| undecodable(&op, &reason))?;
    let undo = undo(&json, site).map_err(|reason| undecodable(&op, &reason))?;
    drop(json);
    drop(op);
    undo.await
}

fn undecodable(op: &Op, reason: &str) -> ErrorObject {
    ErrorObject::new(
        "RecordedResultUndecodable",
        format!(
            "{} can't be undone, because its recorded result can't be read back: {reason}",
            op.describe()
        ),
    )
}
