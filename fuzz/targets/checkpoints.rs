//! The engine's core: lives of an execution, of legal updates and any, answers from outside, time, pauses and crashes. Nothing panics, a refused batch changes nothing,
//! what ended stays as it ended, what is stored restores to what is live, and every timer fires in the end.
//!
//! [`Run`] is that of the core's own tests: at every step it compares the live execution with what is stored.
#![no_main]

#[allow(dead_code, reason = "it has helpers that only the tests need")]
#[path = "../../durable-engine/tests/core_machine/lives.rs"]
mod lives;
#[allow(dead_code, reason = "it has helpers that only the tests need")]
#[path = "../../durable-engine/tests/core_machine/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use durable_engine::core::{
    Applied, Checkpoint, ExecutionStatus, InvocationEnd, InvokeEnd, InvokeTarget, NewExecution,
    Origin, PauseRequest, Rejected, StoredOperation,
};
use durable_fuzz::life::{Call, End, Event, Id, Life};
use durable_runtime::wire::{OperationStatus, OperationUpdate, Timestamp, limits};
use libfuzzer_sys::fuzz_target;

use self::lives::{is_sound, legal_batch, outside, pause};
use self::support::{Callback, Run, Step, Wait, boom, new_execution, wait};

/// Longer lives are only slower.
const MOST_EVENTS: usize = 100;

/// More steps than the end of any such life has: each operation's timer, the invocation that is told of it, and one that the pause had cut short.
const MOST_STEPS: usize = 200;

fn begun(life: &Life) -> Run {
    let mut origin = Origin::default();
    origin.asynchronous = life.asynchronous;
    origin.retention_days = life.retention.map(u32::from);
    let mut run = Run::begun(NewExecution {
        timeout_seconds: life.timeout.map(|seconds| u32::from(seconds).max(1)),
        origin,
        ..new_execution()
    });
    if life.waits {
        run.invoke();
        run.apply(&[wait("long", 10_000)]).expect("a legal wait");
    }
    run
}

fn happen(run: &mut Run, event: Event) {
    match event {
        Event::Invoke => drop(run.try_invoke()),
        Event::Legal(picks) => {
            if run.execution.record().token.is_some() {
                let batch = legal_batch(run, &picks.map(usize::from));
                run.apply(&batch)
                    .expect("a batch whose updates were tried one after the other");
            }
        }
        Event::Any(updates, call) => {
            let updates: Vec<_> = updates.into_iter().take(12).map(|it| it.0).collect();
            checkpoint(run, &updates, &call);
        }
        Event::End(end) => drop(run.end(invocation_end(end))),
        Event::Pass(seconds) => run.pass(seconds.into()),
        Event::PassToNext(whole) => {
            let next = run.execution.next_due();
            if let Some(at) = next.into_iter().chain(run.execution.invoke_at()).min() {
                let early = Duration::from_millis(u64::from(!whole));
                run.now = run.now.max(at.saturating_sub(early));
                run.pass(0);
            }
        }
        Event::SetBack(seconds) => {
            run.now = run.now.saturating_sub(Duration::from_secs(seconds.into()));
        }
        Event::Outside(answers) => outside(run, answers),
        Event::Callback(id, too_large) => answer_callback(run, id, too_large),
        Event::Invoked(Id { text: id, .. }, how) => {
            let end = match how % 4 {
                0 => InvokeEnd::Succeeded(None),
                1 => InvokeEnd::Failed(boom()),
                2 => InvokeEnd::TimedOut(boom()),
                _ => InvokeEnd::Stopped(boom()),
            };
            let now = run.now;
            if let Some(commit) = run.execution.complete_invoke(id, end, now) {
                run.commit_of(|_, _| commit);
            }
        }
        Event::Pause(pauses) => pause(run, pauses),
        Event::PauseWith(pauses, timeout_paused, token) => {
            pause_with(run, pauses, timeout_paused, token);
        }
        Event::Restart => run.restart(),
        Event::Stop(says_why) => run.stop(says_why.then(boom)),
        Event::Read(operations, bytes) => read(run, operations.into(), bytes.into()),
        Event::Marker(number) => {
            // Any answer but a panic: it may be one that a page would have ended with.
            drop(run.execution.state_page(Some(&number.to_string()), 1, 0));
            let bad = run.execution.state_page(Some("é"), 1, 0);
            assert!(bad.is_err(), "nobody gave that marker out");
        }
    }
}

fn target(update: &OperationUpdate) -> Option<InvokeTarget> {
    let options = update.chained_invoke_options.as_ref()?;
    (!options.function_name.is_empty()).then(|| InvokeTarget {
        function: options.function_name.clone(),
        executed_version: "1".to_owned(),
        durable_execution_arn: None,
    })
}

fn checkpoint(run: &mut Run, updates: &[OperationUpdate], call: &Call) {
    let next = run.next_token();
    let current = run.execution.record().token.clone();
    let (token, mark) = match (call, current) {
        (Call::Stale, _) | (_, None) => {
            let refused = run.apply_with(Checkpoint::new("never given out", next, updates));
            assert!(matches!(refused, Err(Rejected::StaleToken { .. })));
            return;
        }
        (Call::Plain, Some(token)) => (token, None),
        (Call::Twice(mark), Some(token)) => (token, Some(format!("mark-{mark}"))),
    };
    let mut call = Checkpoint::new(&token, next, updates).targets(&target);
    if let Some(mark) = &mark {
        call = call.client_token(mark);
    }
    let Ok(first) = run.apply_with(call.clone()) else {
        return;
    };
    if mark.is_some() {
        let before = run.execution.clone();
        let again = run.apply_with(call).expect("it was accepted before");
        assert_eq!(run.execution, before, "a repetition changes nothing");
        let said = |applied: Applied| (applied.token, applied.operations);
        assert_eq!(said(again), said(first), "and has the same answer");
    }
}

fn invocation_end(end: End) -> InvocationEnd {
    match end {
        End::Pending => InvocationEnd::Pending,
        End::Errored => InvocationEnd::Errored(boom()),
        End::Lost => InvocationEnd::Lost(boom()),
        End::Failed => InvocationEnd::Failed(boom()),
        End::Succeeded => InvocationEnd::Succeeded("1".to_owned()),
        End::TooLarge => InvocationEnd::Succeeded("x".repeat(limits::WIRE_PAYLOAD_MAX + 1)),
    }
}

fn answer_callback(run: &mut Run, Id { text: id, .. }: Id, too_large: bool) {
    let operation = run.execution.operation(id);
    let details = operation.and_then(|it| it.operation.callback_details.as_ref());
    let callback_id = details.and_then(|details| details.callback_id.clone());
    let result = match too_large {
        true => Ok(Some("x".repeat(limits::CALLBACK_RESULT_MAX + 1))),
        false => Err(boom()),
    };
    let (before, now) = (run.execution.clone(), run.now);
    let answered =
        run.execution
            .complete_callback(callback_id.as_deref().unwrap_or(id), result, now);
    match answered {
        Ok(commit) => run.commit_of(|_, _| commit),
        Err(_) => assert_eq!(run.execution, before, "a refused answer changes nothing"),
    }
}

fn pause_with(run: &mut Run, pauses: bool, timeout_paused: bool, token: Option<u8>) {
    let request = PauseRequest {
        reason: Some("because".to_owned()),
        timeout_paused,
        client_token: token.map(|token| token.to_string()),
    };
    let (before, now) = (run.execution.clone(), run.now);
    let result = match pauses {
        true => run.execution.pause(request, now),
        false => run.execution.resume(request, now),
    };
    match result {
        Ok(commit) => run.commit_of(|_, _| commit),
        Err(_) => assert_eq!(run.execution, before, "a refused request changes nothing"),
    }
}

/// Pages of any size say together what one page says.
fn read(run: &Run, operations: usize, bytes: usize) {
    let execution = &run.execution;
    let input = execution.invocation_input(operations, bytes);
    assert_eq!(input.is_some(), execution.record().token.is_some());
    let whole = execution.state_page(None, usize::MAX, usize::MAX);
    let whole = whole.expect("the first page needs no marker");
    assert_eq!(whole.next_marker, None, "there is room for all");
    let mut read = Vec::new();
    let mut marker = None;
    for _ in 0..=whole.operations.len() {
        let page = execution.state_page(marker.as_deref(), operations, bytes);
        let page = page.expect("a marker that was given out");
        assert!(!page.operations.is_empty() || page.next_marker.is_none());
        read.extend(page.operations);
        marker = page.next_marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(marker, None, "pages come to an end");
    assert_eq!(read, whole.operations);
}

/// What has ended, and how.
#[derive(Default)]
struct Ended {
    execution: Option<durable_engine::core::Execution>,
    events: usize,
    operations: BTreeMap<u64, StoredOperation>,
}

impl Ended {
    fn stays(&mut self, run: &Run) {
        for stored in run.execution.operations() {
            if let Some(ended) = self.operations.get(&stored.seq) {
                assert_eq!(stored, ended, "an operation ends once");
            } else if stored.operation.status.is_terminal() {
                self.operations.insert(stored.seq, stored.clone());
            }
        }
        match &self.execution {
            Some(ended) => {
                assert_eq!(&run.execution, ended, "an execution ends once");
                assert_eq!(run.history.len(), self.events, "and its history with it");
            }
            None if run.execution.record().status.is_terminal() => {
                self.execution = Some(run.execution.clone());
                self.events = run.history.len();
            }
            None => {}
        }
    }
}

/// Whether time is to complete this operation.
fn has_timer(stored: &StoredOperation) -> bool {
    let operation = &stored.operation;
    match (operation.operation_type, operation.status) {
        (Wait, OperationStatus::Started) | (Step, OperationStatus::Pending) => true,
        (Callback, OperationStatus::Started) => match &stored.service {
            Some(durable_engine::core::ServiceDetails::Callback {
                timeout, heartbeat, ..
            }) => timeout.or(*heartbeat).is_some(),
            _ => false,
        },
        _ => false,
    }
}

/// No wait is over before its time.
fn waited_long_enough(run: &Run) {
    for stored in run.execution.operations() {
        let operation = &stored.operation;
        if let (Some(details), OperationStatus::Succeeded) =
            (&operation.wait_details, operation.status)
        {
            let scheduled = details.scheduled_end_timestamp.unwrap_or_default();
            assert!(
                operation.end_timestamp.unwrap_or_default() >= scheduled,
                "{operation:?}"
            );
        }
    }
}

/// Lets time pass until nothing more comes of it, with invocations that do nothing.
fn let_it_pass(run: &mut Run, ended: &mut Ended) {
    if run.execution.record().pause.is_some() {
        pause(run, false);
    }
    for _ in 0..MOST_STEPS {
        let record = run.execution.record();
        if record.status.is_terminal() {
            return;
        }
        if record.invocation.is_some() {
            run.end(InvocationEnd::Pending);
        } else {
            let next = run.execution.next_due();
            let Some(at) = next.into_iter().chain(run.execution.invoke_at()).min() else {
                break;
            };
            run.now = run.now.max(at);
            run.pass(0);
            run.try_invoke();
        }
        ended.stays(run);
        is_sound(run);
    }
    let open = run.execution.operations().find(|stored| has_timer(stored));
    assert!(open.is_none(), "a timer that never fires: {open:?}");
    let waits = run.execution.invoke_at().is_some() || run.execution.next_due().is_some();
    assert!(!waits, "time goes on doing something for ever");
    assert_ne!(run.execution.record().status, ExecutionStatus::Paused);
}

fuzz_target!(|life: Life| {
    let mut run = begun(&life);
    let mut ended = Ended::default();
    let beginning: Timestamp = run.now;
    for event in life.events.into_iter().take(MOST_EVENTS) {
        happen(&mut run, event);
        // A clock that stood before its execution's beginning is not what is tried here.
        run.now = run.now.max(beginning);
        is_sound(&run);
        ended.stays(&run);
    }
    let_it_pass(&mut run, &mut ended);
    waited_long_enough(&run);
});
