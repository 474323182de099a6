//! The runner: a task that runs an execution's invocations, one after the other, for as long as one is owed.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use durable_runtime::host::{Invocation, InvocationError, Outcome};
use durable_runtime::wire::{ErrorObject, limits};

use super::activity::Busy;
use super::backend::EngineBackend;
use super::faults::Faults;
use super::slot::{Guarded, Problem, Progress, Slot};
use super::targets::{Registered, Target};
use super::{Host, function};
use crate::core::InvocationEnd;
use crate::function::FunctionRequest;
use crate::service::PAGE_BYTES;

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
        slot.rests.notify_waiters();
        host.schedule(slot, &mut guarded);
    }
}

async fn invocations(host: &Arc<Host>, slot: &Arc<Slot>) {
    loop {
        let mut guarded = slot.guarded.lock().await;
        let Some(next) = begin(host, slot, &mut guarded) else {
            guarded.running = false;
            host.schedule(slot, &mut guarded);
            break;
        };
        // Under the lock: whoever fires a timer next must find it.
        if let Next::Workflow(invocation) = &next {
            *slot.inbox.lock() = Some(invocation.inbox());
        }
        drop(guarded);
        let ended = tokio::select! {
            ended = run_one(slot, next) => ended,
            () = host.abort.cancelled() => return,
        };
        *slot.inbox.lock() = None;

        let mut guarded = slot.guarded.lock().await;
        if let Some(problem) = ended.problem {
            slot.publish(Progress::Stuck(problem));
        }
        let invocation = guarded.execution.record().invocation.as_ref();
        let may_go_on = invocation.is_some_and(|invocation| !invocation.cut);
        let commit = guarded
            .execution
            .invocation_ended(ended.end, host.clock.now());
        if host.commit(slot, &mut guarded, commit).await.is_err() {
            guarded.running = false;
            return;
        }
        slot.rests.notify_waiters();
        if let Some(invocation) = ended.parked.filter(|_| may_go_on) {
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

/// An invocation that is about to run.
enum Next {
    Workflow(Box<Invocation<EngineBackend>>),
    Function(Arc<Registered>, FunctionRequest),
    /// It could not even be made.
    Errored(ErrorObject),
}

/// How it ended.
struct Ended {
    end: InvocationEnd,
    /// What those who wait must know now rather than after the next try.
    problem: Option<Problem>,
    /// The workflow, ready to go on.
    parked: Option<Box<Invocation<EngineBackend>>>,
}

impl From<InvocationEnd> for Ended {
    fn from(end: InvocationEnd) -> Self {
        Self {
            end,
            problem: None,
            parked: None,
        }
    }
}

async fn run_one(slot: &Arc<Slot>, next: Next) -> Ended {
    match next {
        Next::Workflow(mut invocation) => {
            let outcome = invocation.run().await;
            let parked = matches!(outcome, Outcome::Pending).then_some(invocation);
            let (end, problem) = end_of(outcome);
            Ended {
                end,
                problem,
                parked,
            }
        }
        Next::Function(registered, request) => {
            function::run(&registered, slot, request).await.into()
        }
        Next::Errored(error) => InvocationEnd::Errored(error).into(),
    }
}

/// The invocation that is owed now: the resident copy with what it missed, or a new one that replays.
fn begin(host: &Arc<Host>, slot: &Arc<Slot>, guarded: &mut Guarded) -> Option<Next> {
    if host.is_closing() || guarded.given_up {
        return None;
    }
    let ids = &host.settings.ids;
    let request_id = ids.request();
    let invoked = guarded
        .execution
        .invoke(request_id.clone(), ids.token(), host.clock.now())?;
    let faults = host.settings.faults.as_deref();
    if faults.is_some_and(Faults::drops_resident) {
        host.evict(guarded);
    }
    if let Some(mut resident) = guarded.resident.take() {
        host.resident.fetch_sub(1, Ordering::Relaxed);
        resident.set_request_id(request_id);
        resident.resume(invoked.token, invoked.changed);
        return Some(Next::Workflow(resident));
    }
    slot.publish(Progress::Running);
    match &slot.target {
        Target::Workflow(registration) => {
            let input = guarded
                .execution
                .invocation_input(faults.map_or(ALL_OPERATIONS, Faults::page), usize::MAX)?;
            let mut invocation = Invocation::new(
                Arc::clone(registration),
                Arc::new(EngineBackend::new(host, slot)),
                input,
                host.settings.invocation,
            );
            invocation.set_request_id(request_id);
            Some(Next::Workflow(Box::new(invocation)))
        }
        Target::Function(registered) => {
            let input = guarded
                .execution
                .invocation_input(limits::STATE_PAGE_MAX, PAGE_BYTES)?;
            let origin = &guarded.execution.record().origin;
            let (tenant, trace) = (origin.tenant_id.clone(), origin.trace_header.clone());
            Some(
                match function::request(slot, request_id, tenant, trace, &input) {
                    Ok(request) => Next::Function(Arc::clone(registered), request),
                    Err(error) => Next::Errored(error),
                },
            )
        }
    }
}

fn keep(host: &Host, guarded: &mut Guarded, invocation: Box<Invocation<EngineBackend>>) {
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
