//! What a service with latency is asked: one call for each step of a sequence, and a handful for any number of steps side by side.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::Arc;

use common::{Service, Twist, first_input, invocation};
use durable_runtime::Workflow;
use durable_runtime::host::Outcome;
use durable_runtime::prelude::*;
use durable_runtime::wire::OperationStatus;

const STEPS: usize = 100;

#[step]
async fn work(n: usize) -> Result<usize> {
    Ok(n)
}

#[durable_workflow]
async fn one_after_another() -> Result<usize> {
    let mut total = 0;
    for n in 0..STEPS {
        total += work(n).await?;
    }
    Ok(total)
}

#[durable_workflow]
async fn all_at_once() -> Result<usize> {
    let results = map(0..STEPS, |n| async move { work(n).await })
        .flat()
        .await?;
    Ok(results.iter().sum())
}

#[durable_workflow]
async fn all_at_once_with_contexts() -> Result<usize> {
    let results = map(0..STEPS, |n| async move { work(n).await }).await?;
    Ok(results.iter().sum())
}

/// The calls that a service gets which takes 5 ms to answer each.
async fn calls<W: Workflow>() -> usize {
    calls_of::<W>(5).await
}

async fn calls_of<W: Workflow>(millis: u64) -> usize {
    let service = Arc::new(Service::default());
    for call in 0..2 * STEPS {
        service.twist(call, Twist::Slow(Duration::from_millis(millis)));
    }
    let outcome = invocation::<W>(&service, first_input()).run().await;
    assert!(
        matches!(&outcome, Outcome::Succeeded(total) if total == "4950"),
        "{outcome:?}"
    );
    service.calls.lock().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn a_hundred_steps_in_sequence_take_a_hundred_calls() {
    assert_eq!(calls::<one_after_another>().await, STEPS);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_steps_side_by_side_take_two() {
    assert_eq!(calls::<all_at_once>().await, 2);
}

#[tokio::test(start_paused = true)]
async fn contexts_for_each_item_take_one_more() {
    // 402 updates, and a call takes 250: what did not fit leaves with the contexts whose steps did.
    assert_eq!(calls::<all_at_once_with_contexts>().await, 3);
}

#[tokio::test(start_paused = true)]
async fn no_more_where_a_call_takes_longer_than_a_start_may_wait() {
    assert_eq!(calls_of::<all_at_once>(150).await, 2);
    assert_eq!(calls_of::<all_at_once_with_contexts>(150).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_it_is_where_the_writer_runs_beside_the_workflow() {
    let (mut flat, mut nested) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        flat.push(calls::<all_at_once>().await);
        nested.push(calls::<all_at_once_with_contexts>().await);
    }
    // A thread that is held up by other programs for longer than a START may wait costs a call more.
    flat.sort_unstable();
    nested.sort_unstable();
    assert_eq!((flat[5], nested[5]), (2, 3), "{flat:?} {nested:?}");
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "5s"))]
async fn unreliable() -> Result<u32> {
    Err(Error::msg("not yet"))
}

#[durable_workflow]
async fn hopeful() -> Result<u32> {
    unreliable().await
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_counts_where_the_answer_does_not_mention_it() {
    let service = Arc::new(Service::default());
    service.twist(0, Twist::Silent);
    let outcome = invocation::<hopeful>(&service, first_input()).run().await;
    assert!(matches!(outcome, Outcome::Pending), "{outcome:?}");
    assert_eq!(
        service.sent(),
        [["START unreliable", "RETRY unreliable"]],
        "the next attempt is the service's to begin"
    );

    // The service begins it; it fails too, and the answer doesn't mention it either.
    let mut input = first_input();
    let mut step = service.operation(0);
    step.status = OperationStatus::Ready;
    input.initial_execution_state.operations.push(step);
    let service = Arc::new(Service::default());
    service.twist(0, Twist::Silent);
    let outcome = invocation::<hopeful>(&service, input).run().await;
    assert!(matches!(outcome, Outcome::Pending), "{outcome:?}");
    assert_eq!(
        service.sent(),
        [["START unreliable", "RETRY unreliable"]],
        "once"
    );
}
