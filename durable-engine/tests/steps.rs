//! What a step does when things go wrong, and what its options change.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Journal, lines};
use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::{StepFault, StepFaultKind};
use serde::{Deserialize, Serialize};

macro_rules! run {
    ($workflow:path, $input:expr, $journal:expr) => {{
        let engine = TestEngine::builder()
            .register($workflow)
            .state($journal.clone())
            .start()
            .await
            .unwrap();
        let run = engine.start($workflow, $input).id("one").await.unwrap();
        let result = run.result().await;
        (engine, run, result)
    }};
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum Failure {
    #[error("try again")]
    Transient,
    #[error("hopeless: {0}")]
    Permanent(String),
    #[error(transparent)]
    Slow(#[from] TimedOut),
}

impl Failure {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Transient)
    }
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "2s", backoff_rate = 3.0, jitter = "none"))]
async fn always_fails(cx: &StepContext, journal: &Journal) -> Result<u32, Failure> {
    journal.note(format!("attempt {}", cx.attempt()));
    Err(Failure::Transient)
}

#[durable_workflow]
async fn exhausted(#[state] journal: Journal) -> Result<u32, Failure> {
    always_fails(&journal).await
}

#[tokio::test]
async fn a_step_is_retried_after_the_strategys_delays_and_then_fails_with_its_own_error() {
    let journal = Journal::default();
    let (engine, run, result) = run!(exhausted, (), journal);

    let RunError::Workflow(failure) = result.unwrap_err() else {
        panic!()
    };
    assert_eq!(failure, Failure::Transient);
    assert_eq!(journal.all(), ["attempt 1", "attempt 2", "attempt 3"]);
    assert_eq!(engine.elapsed(), Duration::from_secs(2 + 6));
    assert_eq!(
        lines(&run).await,
        [
            "ExecutionStarted",
            "StepStarted always_fails",
            "StepFailed always_fails",
            "InvocationCompleted",
            "StepStarted always_fails",
            "StepFailed always_fails",
            "InvocationCompleted",
            "StepStarted always_fails",
            "StepFailed always_fails",
            "InvocationCompleted",
            "ExecutionFailed",
        ]
    );
}

#[step(retry_if = Failure::is_transient)]
async fn hopeless(journal: &Journal) -> Result<u32, Failure> {
    journal.note("tried");
    Err(Failure::Permanent("no".into()))
}

#[durable_workflow]
async fn not_retried(#[state] journal: Journal) -> Result<String, Failure> {
    match hopeless(&journal).await {
        Err(Failure::Permanent(why)) => Ok(why),
        other => other.map(|_| String::new()),
    }
}

#[tokio::test]
async fn an_error_that_retry_if_refuses_is_not_retried() {
    let journal = Journal::default();
    let (_, _, result) = run!(not_retried, (), journal);
    assert_eq!(result.unwrap(), "no");
    assert_eq!(journal.all(), ["tried"]);
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s"))]
async fn panics(journal: &Journal) -> Result<u32> {
    journal.note("tried");
    panic!("boom");
}

#[durable_workflow]
async fn survives_a_panic(#[state] journal: Journal) -> Result<String> {
    let error = panics(&journal).await.unwrap_err();
    Ok(format!("{} {error}", error.type_name()))
}

#[tokio::test]
async fn a_panic_in_a_step_is_a_failed_attempt() {
    let journal = Journal::default();
    let (_, _, result) = run!(survives_a_panic, (), journal);
    let text = result.unwrap();
    assert!(
        text.starts_with("StepFault step `panics`") && text.ends_with("panicked: boom"),
        "{text}"
    );
    assert_eq!(journal.all(), ["tried", "tried"]);
}

#[step(retry = none)]
async fn typed_panic() -> Result<u32, Failure> {
    panic!("boom")
}

#[durable_workflow]
async fn cannot_hold_a_panic(#[state] journal: Journal) -> Result<u32, Failure> {
    let value = typed_panic().await;
    journal.note("observed");
    value
}

#[tokio::test]
async fn a_fault_that_the_error_type_cannot_hold_fails_the_execution() {
    let journal = Journal::default();
    let (_, _, result) = run!(cannot_hold_a_panic, (), journal);
    let RunError::Failed(error) = result.unwrap_err() else {
        panic!()
    };
    assert_eq!(error.error_type.as_deref(), Some("Step.Panicked"));
    assert!(journal.all().is_empty(), "the workflow saw nothing");
}

#[durable_workflow]
async fn panicking(#[state] journal: Journal) -> Result<u32> {
    journal.note("ran");
    sleep(Duration::from_secs(1)).await;
    panic!("workflow boom");
}

#[tokio::test]
async fn a_panic_in_a_workflow_fails_that_execution_and_the_engine_goes_on() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(panicking)
        .register(not_retried)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let error = engine
        .start(panicking, ())
        .await
        .unwrap()
        .result()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("workflow `panicking` panicked: workflow boom"),
        "{error}"
    );
    assert_eq!(
        engine
            .start(not_retried, ())
            .await
            .unwrap()
            .result()
            .await
            .unwrap(),
        "no"
    );
}

#[step(semantics = "at_most_once", retry = exponential(max_attempts = 2, initial_delay = "1s"))]
async fn careful(cx: &StepContext, journal: &Journal, hang: &Arc<AtomicBool>) -> Result<u32> {
    journal.note(format!("careful {}", cx.attempt()));
    if hang.swap(false, Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    Ok(cx.attempt())
}

#[durable_workflow]
async fn once(#[state] journal: Journal, #[state] hang: Arc<AtomicBool>) -> Result<u32> {
    careful(&journal, &hang).await
}

#[tokio::test]
async fn an_interrupted_at_most_once_step_does_not_run_twice_in_one_attempt() {
    let journal = Journal::default();
    let hang = Arc::new(AtomicBool::new(true));
    let builder = TestEngine::builder()
        .register(once)
        .state(journal.clone())
        .state(Arc::clone(&hang));
    let engine = builder.start().await.unwrap();
    let _run = engine.start(once, ()).id("one").await.unwrap();
    while journal.all().is_empty() {
        tokio::task::yield_now().await;
    }

    let engine = engine
        .crash()
        .register(once)
        .state(journal.clone())
        .state(hang)
        .start()
        .await
        .unwrap();
    let run = engine.run(once, "one").await.unwrap();

    assert_eq!(
        run.result().await.unwrap(),
        2,
        "the interrupted attempt counts"
    );
    assert_eq!(journal.all(), ["careful 1", "careful 2"]);
}

/// Not `Clone`: its step can run once from what is in memory.
#[derive(Debug)]
struct Ticket(String);

#[step(retry = exponential(max_attempts = 3, initial_delay = "1s"))]
async fn single_shot(cx: &StepContext, journal: &Journal, ticket: Ticket) -> Result<String> {
    journal.note(format!("{} {}", ticket.0, cx.attempt()));
    if cx.attempt() < 3 {
        Err(Error::msg("again"))
    } else {
        Ok(ticket.0)
    }
}

#[durable_workflow]
async fn with_a_ticket(#[state] journal: Journal) -> Result<String> {
    let name = step("name", || async { "seat 9".to_owned() }).await;
    single_shot(&journal, Ticket(name)).await
}

#[tokio::test]
async fn a_step_whose_arguments_cannot_be_cloned_is_retried_by_replay() {
    let journal = Journal::default();
    let (_, _, result) = run!(with_a_ticket, (), journal);
    assert_eq!(result.unwrap(), "seat 9");
    assert_eq!(journal.all(), ["seat 9 1", "seat 9 2", "seat 9 3"]);
}

#[step(timeout = "20ms", retry = none)]
async fn slow(cx: &StepContext, cancelled: &Arc<AtomicBool>) -> Result<u32, Failure> {
    let (gone, cancelled) = (cx.cancelled(), Arc::clone(cancelled));
    tokio::spawn(async move {
        gone.await;
        cancelled.store(true, Ordering::SeqCst);
    });
    std::future::pending().await
}

#[durable_workflow]
async fn times_out(#[state] cancelled: Arc<AtomicBool>) -> Result<String> {
    match slow(&cancelled).await {
        Err(Failure::Slow(timed_out)) => Ok(timed_out.to_string()),
        other => Ok(format!("{other:?}")),
    }
}

#[tokio::test]
async fn a_step_that_takes_too_long_fails_with_timed_out_and_its_context_is_cancelled() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let engine = TestEngine::builder()
        .register(times_out)
        .state(Arc::clone(&cancelled))
        .start()
        .await
        .unwrap();
    let run = engine.start(times_out, ()).await.unwrap();
    assert_eq!(
        run.result().await.unwrap(),
        "step `slow` did not finish within 1 s"
    );
    while !cancelled.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
}

#[step(retry = none)]
async fn blocks(cx: &StepContext, journal: &Journal) -> Result<u64> {
    let worker = journal.clone();
    let sum = cx.spawn_blocking(move || {
        worker.note("blocking");
        (1..=10).sum()
    });
    Ok(sum.await)
}

#[durable_workflow]
async fn with_blocking_work(#[state] journal: Journal) -> Result<u64> {
    blocks(&journal).await
}

#[tokio::test]
async fn blocking_work_is_part_of_its_step() {
    let journal = Journal::default();
    let (_, _, result) = run!(with_blocking_work, (), journal);
    assert_eq!(result.unwrap(), 55);
}

#[tokio::test]
async fn a_step_runs_directly_without_a_workflow() {
    let journal = Journal::default();
    assert_eq!(
        hopeless(&journal).direct().await,
        Err(Failure::Permanent("no".into()))
    );
    let fault = StepFault {
        kind: StepFaultKind::Panicked,
        message: "x".into(),
    };
    assert_eq!(Error::from(fault).type_name(), "StepFault");
}
