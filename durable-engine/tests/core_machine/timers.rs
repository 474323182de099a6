//! What time completes, in which order, and how many invocations that makes.

use durable_engine::core::{ExecutionStatus, InvocationEnd};
use durable_runtime::wire::{OperationStatus, Timestamp};

use crate::support::*;

#[test]
fn completions_at_different_times_have_an_invocation_each() {
    let mut run = Run::suspended_after(&[wait("a", 3), wait("b", 6)]);
    run.pass(3);
    assert_eq!(ids(&run.invoke().changed), ["a"]);
    run.end(InvocationEnd::Pending);
    run.pass(3);
    assert_eq!(ids(&run.invoke().changed), ["b"]);
    assert_eq!(
        run.line(),
        "WaitStarted WaitStarted InvocationCompleted WaitSucceeded InvocationCompleted WaitSucceeded"
    );
}

#[test]
fn after_an_outage_timers_are_seen_in_the_order_in_which_they_were_due() {
    // given a race between two waits, the longer one started first
    let mut run = Run::suspended_after(&[wait("long", 600), wait("short", 60)]);
    // when the engine is down for longer than both
    run.restart();
    run.pass(86_400);
    // then the first invocation sees the short one only
    assert_eq!(ids(&run.invoke().changed), ["short"]);
    assert_eq!(run.status("long"), OperationStatus::Started);
    // and the long one completes while it runs
    assert_eq!(
        run.execution.next_due(),
        Some(Timestamp::from_millis(1_767_226_200_000))
    );
    run.pass(0);
    assert_eq!(run.status("long"), OperationStatus::Succeeded);
    run.end(InvocationEnd::Pending);
    assert_eq!(
        ids(&run.invoke().changed),
        ["long"],
        "an invocation of its own"
    );
}

#[test]
fn timers_of_the_same_instant_share_an_invocation() {
    let mut run = Run::suspended_after(&[wait("a", 5), wait("b", 5), wait("c", 6)]);
    run.pass(60);
    assert_eq!(ids(&run.invoke().changed), ["a", "b"]);
    assert_eq!(run.status("c"), OperationStatus::Started);
}

#[test]
fn while_an_invocation_is_owed_time_completes_nothing_more() {
    let mut run = Run::suspended_after(&[wait("a", 5), wait("b", 6)]);
    run.pass(5);
    assert_eq!(run.execution.next_due(), None);
    run.pass(60);
    assert_eq!(run.status("b"), OperationStatus::Started);
    run.invoke();
    assert!(run.execution.next_due().is_some());
}

#[test]
fn timers_stand_still_during_the_delay_after_a_crash() {
    let mut run = Run::suspended_after(&[wait("a", 1), wait("b", 2)]);
    run.pass(1);
    run.invoke();
    run.end(InvocationEnd::Errored(boom()));
    run.pass(1);
    assert_eq!(run.status("b"), OperationStatus::Started);
    run.invoke();
    run.pass(0);
    assert_eq!(ids(&run.apply(&[]).unwrap().operations), ["b"]);
}

#[test]
fn while_an_invocation_runs_everything_due_completes() {
    let mut run = Run::invoked();
    run.apply(&[wait("a", 1), wait("b", 2), start(Step, "s"), retry("s", 3)])
        .unwrap();
    run.pass(60);
    assert_eq!(ids(&run.apply(&[]).unwrap().operations), ["a", "b", "s"]);
    assert_eq!(run.status("s"), OperationStatus::Ready);
}

#[test]
fn a_step_that_becomes_ready_and_starts_again_is_no_news() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "s"), retry("s", 1), wait("w", 60)])
        .unwrap();
    run.pass(1);
    let applied = run.apply(&[start(Step, "s"), retry("s", 60)]).unwrap();
    assert_eq!(ids(&applied.operations), ["s"], "once");
    run.end(InvocationEnd::Pending);
    assert_eq!(run.execution.invoke_at(), None);
}

#[test]
fn the_execution_timeout_ends_it_whatever_it_does() {
    let with_timeout = || {
        let mut new = new_execution();
        new.timeout_seconds = Some(100);
        Run::begun(new)
    };
    let mut waiting = with_timeout();
    waiting.pass(100);
    assert_eq!(waiting.line(), "ExecutionTimedOut");

    let mut running = with_timeout();
    running.invoke();
    running.apply(&[wait("w", 200)]).unwrap();
    assert_eq!(
        running.execution.next_due(),
        Some(Timestamp::from_millis(1_767_225_700_000))
    );
    running.pass(100);
    assert_eq!(running.execution.record().status, ExecutionStatus::TimedOut);
    assert_eq!(
        running.line(),
        "WaitStarted InvocationCompleted ExecutionTimedOut"
    );
    running.end(InvocationEnd::Succeeded("too late".into()));
    assert_eq!(running.execution.record().result, None);
    assert_eq!(running.execution.next_due(), None);
}

#[test]
fn the_longest_wait_ends_to_the_millisecond() {
    let mut run = Run::suspended_after(&[wait("w", 31_622_400)]);
    run.pass(31_622_399);
    assert_eq!(run.status("w"), OperationStatus::Started);
    run.pass(1);
    assert_eq!(run.status("w"), OperationStatus::Succeeded);
}
