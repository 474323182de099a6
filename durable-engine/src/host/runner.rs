//! The runner: a task that runs an execution's invocations, one after the other, for as long as one is owed.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use durable_runtime::host::{Invocation, InvocationError, Outcome};
use durable_runtime::wire::ErrorObject;

use super::Host;
use super::activity::Busy;
use super::backend::EngineBackend;
use super::slot::{Guarded, Problem, Progress, Slot};
use super::targets::Target;
use crate::core::InvocationEnd;

/// How many operations an in-process invocation is handed at once: all of them, since nothing is sent anywhere.
const ALL_OPERATIONS: usize = usize::MAX;

pub(super) async fn run(host: Arc<Host>, slot: Arc<Slot>, busy: Busy) {
    let mut invocations = Box::pin(invocations(&host, &slot));
    let ended =
        poll_fn(
            |cx| match catch_unwind(AssertUnwindSafe(|| invocations.as_mut().poll(cx))) {
                Ok(poll) => poll.map(|()| false),
                Err(_) => Poll::Ready(true),
            },
        );
    if ended.await {
        drop(invocations);
        panicked(&host, &slot).await;
    }
    drop(busy);
}

/// User code panicked where nobody expects it to. The invocation is over, and the next one is tried after a while.
async fn panicked(host: &Arc<Host>, slot: &Arc<Slot>) {
    *slot.inbox.lock() = None;
    let mut guarded = slot.guarded.lock().await;
    guarded.running = false;
    let error = ErrorObject::new(
        "Runtime.Panicked",
        "the invocation panicked outside of the workflow's own code",
    );
    let commit = guarded
        .execution
        .invocation_ended(InvocationEnd::Errored(error), host.clock.now());
    if host.commit(slot, &mut guarded, commit).await.is_ok() {
        host.schedule(slot, &mut guarded);
    }
}

async fn invocations(host: &Arc<Host>, slot: &Arc<Slot>) {
    loop {
        let mut guarded = slot.guarded.lock().await;
        let Some(mut invocation) = begin(host, slot, &mut guarded) else {
            guarded.running = false;
            host.schedule(slot, &mut guarded);
            break;
        };
        // Under the lock: whoever fires a timer next must find it.
        *slot.inbox.lock() = Some(invocation.inbox());
        drop(guarded);
        let outcome = tokio::select! {
            outcome = invocation.run() => outcome,
            () = host.abort.cancelled() => return,
        };
        *slot.inbox.lock() = None;

        let mut guarded = slot.guarded.lock().await;
        let parked = matches!(outcome, Outcome::Pending);
        let (end, problem) = end_of(outcome);
        if let Some(problem) = problem {
            slot.publish(Progress::Stuck(problem));
        }
        let commit = guarded.execution.invocation_ended(end, host.clock.now());
        if host.commit(slot, &mut guarded, commit).await.is_err() {
            guarded.running = false;
            return;
        }
        if parked {
            keep(host, &mut guarded, invocation);
        }
        let ended = guarded.execution.record().status.is_terminal();
        if ended {
            guarded.running = false;
            host.schedule(slot, &mut guarded);
            break;
        }
    }
}

/// The invocation that is owed now: the resident copy with what it missed, or a new one that replays.
fn begin(
    host: &Arc<Host>,
    slot: &Arc<Slot>,
    guarded: &mut Guarded,
) -> Option<Invocation<EngineBackend>> {
    if host.is_closing() || guarded.given_up {
        return None;
    }
    let ids = &host.settings.ids;
    let invoked = guarded
        .execution
        .invoke(ids.request(), ids.token(), host.clock.now())?;
    if let Some(mut resident) = guarded.resident.take() {
        host.resident.fetch_sub(1, Ordering::Relaxed);
        resident.resume(invoked.token, invoked.changed);
        return Some(resident);
    }
    let Target::Workflow(registration) = &slot.target else {
        return None;
    };
    let input = guarded
        .execution
        .invocation_input(ALL_OPERATIONS, usize::MAX)?;
    let backend = Arc::new(EngineBackend::new(host, slot));
    slot.publish(Progress::Running);
    Some(Invocation::new(
        Arc::clone(registration),
        backend,
        input,
        host.settings.invocation,
    ))
}

fn keep(host: &Host, guarded: &mut Guarded, invocation: Invocation<EngineBackend>) {
    if host.resident.load(Ordering::Relaxed) < host.settings.max_resident {
        host.resident.fetch_add(1, Ordering::Relaxed);
        guarded.resident = Some(invocation);
    }
}

/// What an outcome is to the core, and what those who wait must know now rather than after the next try.
fn end_of(outcome: Outcome) -> (InvocationEnd, Option<Problem>) {
    match outcome {
        Outcome::Succeeded(result) => (InvocationEnd::Succeeded(result), None),
        Outcome::Failed(error) => (InvocationEnd::Failed(error), None),
        Outcome::Pending => (InvocationEnd::Pending, None),
        Outcome::Errored(error) => {
            let (error_type, problem) = match &error {
                InvocationError::NonDeterministic(message) => {
                    ("NonDeterministic", Some(Problem::Diverged(message.clone())))
                }
                InvocationError::MissingState(missing) => (
                    "MissingState",
                    Some(Problem::Invocation(missing.to_string())),
                ),
                _ => ("Invocation.Errored", None),
            };
            (
                InvocationEnd::Errored(ErrorObject::new(error_type, error.to_string())),
                problem,
            )
        }
    }
}
