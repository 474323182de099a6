//! A store whose answers come late: what was read is old by then, and what was asked for meanwhile counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;
mod invokes;
#[macro_use]
#[path = "../common/passes_on.rs"]
mod passes_on;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::Journal;
use durable_engine::core::{ExecutionStatus, PauseRequest};
use durable_engine::store::{ListFilter, Store};
use durable_engine::{RunError, TestEngine, TestEngineBuilder};
use durable_runtime::prelude::*;
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};
use tokio::sync::Notify;

use store::{Held, Late};

/// Lets everything run that can.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "60s", jitter = "none"))]
async fn second_time(cx: &StepContext, journal: &Journal) -> Result<u32> {
    journal.note(format!("attempt {}", cx.attempt()));
    match cx.attempt() {
        1 => Err(Error::msg("not yet")),
        attempt => Ok(attempt),
    }
}

#[durable_workflow]
async fn patient(#[state] journal: Journal) -> Result<u32> {
    second_time(&journal).await
}

/// Its timer reads an execution whose retry is due, and hears of it when it has run to its end for somebody else.
#[tokio::test]
async fn an_execution_that_ended_while_it_was_read_does_not_run_again() {
    let store = Late::new();
    let journal = Journal::default();
    let engine = TestEngine::on(Arc::clone(&store) as _)
        .register(patient)
        .state(journal.clone());
    let engine = engine.start().await.unwrap();
    engine.start(patient, ()).id("one").await.unwrap();
    settle().await;
    assert_eq!(journal.all(), ["attempt 1"]);

    store.loads.hold(0, Held::Answer);
    let next = engine.crash().register(patient).state(journal.clone());
    let engine = next.start().await.unwrap();
    engine.advance(Duration::from_secs(61));
    settle().await;
    assert_eq!(store.loads.asked(), 1, "its timer has come");
    let run = engine.run(patient, "one").await.unwrap();
    assert_eq!(run.result().await.unwrap(), 2);
    store.loads.open();
    settle().await;
    assert_eq!(journal.all(), ["attempt 1", "attempt 2"]);
    let record = store.find("patient", "one").await.unwrap().unwrap();
    assert_eq!(record.status, ExecutionStatus::Succeeded);
    assert_eq!(record.result.as_deref(), Some("2"));
}

/// Two begin the same. The one that created it hears so when it has run to its end for the other.
#[tokio::test]
async fn an_execution_that_ended_before_its_creator_knew_of_it_does_not_run_again() {
    let store = Late::new();
    let journal = Journal::default();
    let engine = TestEngine::on(Arc::clone(&store) as _)
        .register(patient)
        .state(journal.clone());
    let engine = Arc::new(engine.start().await.unwrap());
    store.creates.hold(0, Held::Answer);
    let creator = Arc::clone(&engine);
    let created = tokio::spawn(async move { creator.start(patient, ()).id("one").await });
    settle().await;
    assert_eq!(store.creates.asked(), 1, "it is being created");

    let run = engine.start(patient, ()).id("one").await.unwrap();
    assert_eq!(store.creates.asked(), 1, "it is there already");
    let waits = tokio::spawn(async move { run.result().await });
    settle().await;
    engine.advance(Duration::from_secs(61));
    settle().await;
    assert_eq!(journal.all(), ["attempt 1", "attempt 2"]);
    store.creates.open();
    let created = created.await.unwrap().unwrap();
    assert_eq!(created.result().await.unwrap(), 2);
    assert_eq!(waits.await.unwrap().unwrap(), 2);
    settle().await;
    assert_eq!(journal.all(), ["attempt 1", "attempt 2"]);
}

#[durable_workflow]
async fn for_ever(round: u32) -> Result<u32> {
    sleep(Duration::from_secs(60)).await;
    return restart(round + 1).await;
}

/// It is stopped while its successor is being recorded.
#[tokio::test]
async fn what_is_stopped_does_not_go_on_in_a_successor() {
    let store = Late::new();
    let engine = TestEngine::on(Arc::clone(&store) as _).register(for_ever);
    let engine = engine.start().await.unwrap();
    let run = engine.start(for_ever, 0).id("one").await.unwrap();
    settle().await;
    store.creates.hold(0, Held::Answer);
    engine.advance(Duration::from_secs(60));
    settle().await;
    assert_eq!(store.creates.asked(), 1, "the successor is being recorded");

    let stop = engine.service();
    let arn = run.arn().to_owned();
    let stopped = tokio::spawn(async move { stop.stop(&arn, None).await });
    settle().await;
    store.creates.open();
    stopped.await.unwrap().unwrap();
    settle().await;
    engine.advance(Duration::from_secs(600));
    store.all_ended().await;
    let result = run.result().await;
    assert!(matches!(result, Err(RunError::Stopped(_))), "{result:?}");
}

/// It runs out of time while its successor is being recorded.
#[tokio::test]
async fn what_ran_out_of_time_does_not_go_on_in_a_successor() {
    let store = Late::new();
    let engine = TestEngine::on(Arc::clone(&store) as _).register(for_ever);
    let engine = engine.start().await.unwrap();
    let run = engine.start(for_ever, 0).id("one");
    let run = run.timeout(Duration::from_secs(90)).await.unwrap();
    settle().await;
    store.creates.hold(0, Held::Work);
    engine.advance(Duration::from_secs(60));
    settle().await;
    assert_eq!(store.creates.asked(), 1, "the successor is being recorded");

    engine.advance(Duration::from_secs(30));
    settle().await;
    store.creates.open();
    settle().await;
    engine.advance(Duration::from_secs(600));
    store.all_ended().await;
    let result = run.result().await;
    assert!(matches!(result, Err(RunError::TimedOut)), "{result:?}");
}

#[step]
async fn work(round: u32) -> Result<u32> {
    Ok(round)
}

#[durable_workflow]
async fn hurries(round: u32) -> Result<u32> {
    let round = work(round).await?;
    return restart(round + 1).await;
}

/// Somebody pauses it while it comes to its restart, and what that writes is refused. It is stopped, by then out of memory and read again, and only then would
/// the first copy have its successor recorded.
#[tokio::test]
async fn a_copy_that_was_given_up_starts_no_successor() {
    let store = Late::new();
    let engine = TestEngine::on(Arc::clone(&store) as _).register(hurries);
    let engine = engine.start().await.unwrap();
    store.commits.hold(0, Held::Answer);
    store.commits.hold_also(1, Held::Refusal);
    store.creates.hold(1, Held::Work);
    let run = engine.start(hurries, 0).id("one").await.unwrap();
    let (service, arn) = (engine.service(), run.arn().to_owned());
    settle().await;
    assert_eq!(store.commits.asked(), 1, "the step is being recorded");
    let (pauses, paused) = (service.clone(), arn.clone());
    let refused = tokio::spawn(async move {
        let request = PauseRequest::default();
        pauses.pause(&paused, request).await
    });
    settle().await;
    store.commits.open();
    settle().await;
    assert_eq!(store.commits.asked(), 2, "the pause is being recorded");
    assert_eq!(store.creates.asked(), 1, "the restart waits for it");
    store.commits.open();
    assert!(refused.await.unwrap().is_err());
    service.stop(&arn, None).await.unwrap();
    store.creates.open();
    settle().await;
    assert_eq!(store.creates.asked(), 1, "nothing goes on");
    store.all_ended().await;
}

/// It was created and its creator told that it was not, under an id that nobody knows.
#[tokio::test]
async fn what_was_created_and_refused_runs() {
    let store = Late::new();
    let engine = TestEngine::on(Arc::clone(&store) as _).register(hurries_once);
    let engine = engine.start().await.unwrap();
    store.creates.hold(0, Held::Lie);
    store.creates.open();
    engine.start(hurries_once, 1).await.unwrap_err();
    engine.advance(Duration::from_secs(10));
    settle().await;
    let all = store.list(ListFilter::default()).await.unwrap();
    assert_eq!(all.len(), 1);
    store.all_ended().await;
}

#[durable_workflow]
async fn hurries_once(round: u32) -> Result<u32> {
    let round = work(round).await?;
    if round == 1 {
        return Ok(round);
    }
    return restart(round + 1).await;
}

/// The pause is asked for after the last checkpoint, and before the successor is recorded.
#[tokio::test]
async fn what_is_paused_at_its_restart_restarts_when_it_is_resumed() {
    let store = Late::new();
    let engine = TestEngine::on(Arc::clone(&store) as _).register(hurries_once);
    let engine = engine.start().await.unwrap();
    store.commits.hold(0, Held::Answer);
    let run = engine.start(hurries_once, 0).id("one").await.unwrap();
    settle().await;
    assert_eq!(store.commits.asked(), 1, "the step is being recorded");
    let (service, arn) = (engine.service(), run.arn().to_owned());
    let (pauses, paused) = (service.clone(), arn.clone());
    let pause = tokio::spawn(async move {
        let request = PauseRequest::default();
        pauses.pause(&paused, request).await
    });
    settle().await;
    store.commits.open();
    pause.await.unwrap().unwrap();
    settle().await;
    let record = store.record(&arn).await.unwrap().unwrap();
    assert_eq!(record.status, ExecutionStatus::Paused);
    let all = store.list(ListFilter::default()).await.unwrap();
    assert_eq!(all.len(), 1, "nothing begins: {all:#?}");
    let request = PauseRequest::default();
    service.resume(&arn, request).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 1);
}

/// Fails once, in a way that may be gone the next time.
struct Unreachable(AtomicBool);

impl Codec for Unreachable {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            if self.0.swap(false, Ordering::SeqCst) {
                return Err(CodecError::msg("the store did not answer").transient());
            }
            Ok(payload)
        })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(recorded) })
    }
}

static ONCE: Unreachable = Unreachable(AtomicBool::new(true));

#[step]
async fn when_told(told: &Arc<Notify>) -> Result<u32> {
    told.notified().await;
    Ok(1)
}

#[durable_workflow]
async fn called() -> Result<u32> {
    Ok(2)
}

#[durable_workflow]
async fn caller(#[state] told: Arc<Notify>) -> Result<u32> {
    let (two, one) = join!(invoke::<u32>("called", &()), when_told(&told).codec(&ONCE));
    Ok(one? + two.map_err(Error::msg)?)
}

/// The invocation breaks off while the START of an invoke is being recorded.
#[tokio::test]
async fn what_is_invoked_starts_though_the_invocation_was_given_up_meanwhile() {
    let (store, told) = (Late::new(), Arc::new(Notify::new()));
    let engine = TestEngine::on(Arc::clone(&store) as _)
        .register(caller)
        .register(called)
        .state(Arc::clone(&told));
    let engine = engine.start().await.unwrap();
    store.commits.hold(0, Held::Answer);
    let run = engine.start(caller, ()).id("one").await.unwrap();
    settle().await;
    assert_eq!(store.commits.asked(), 1, "the invoke is being recorded");
    told.notify_one();
    settle().await;
    assert!(!ONCE.0.load(Ordering::SeqCst), "it broke off");
    store.commits.open();
    told.notify_one();
    let result = tokio::time::timeout(Duration::from_secs(20), run.result()).await;
    assert_eq!(result.expect("nothing hangs").unwrap(), 3);
}

#[durable_workflow]
async fn asks(#[state] told: Arc<Notify>) -> Result<u32> {
    let (two, one) = join!(invoke::<u32>("called", &()), when_told(&told));
    Ok(one? + two.map_err(Error::msg)?)
}

/// Whoever reads it gives up while it is being read.
#[tokio::test]
async fn what_somebody_stopped_waiting_for_while_it_was_read_goes_on() {
    let (store, told) = (Late::new(), Arc::new(Notify::new()));
    let equip = |engine: TestEngineBuilder| {
        let engine = engine.register(asks).register(called);
        engine.state(Arc::clone(&told))
    };
    told.notify_one();
    let engine = equip(TestEngine::on(Arc::clone(&store) as _));
    let engine = engine.start().await.unwrap();
    store.commits.hold(0, Held::Answer);
    engine.start(asks, ()).id("one").await.unwrap();
    settle().await;
    assert_eq!(store.commits.asked(), 1, "the invoke is being recorded");

    // The process dies before it begins what is invoked. What reads the execution after that records first that the invocation is lost.
    let crashed = engine.crash();
    store.commits.hold(0, Held::Answer);
    let engine = equip(crashed).start().await.unwrap();
    let run = engine.run(asks, "one").await.unwrap();
    let gives_up = tokio::spawn({
        let run = engine.run(asks, "one").await.unwrap();
        async move { run.result().await.map_err(drop) }
    });
    settle().await;
    assert_eq!(store.commits.asked(), 1, "it is being read");
    gives_up.abort();
    settle().await;
    store.commits.open();
    told.notify_one();
    let result = tokio::time::timeout(Duration::from_secs(20), run.result()).await;
    assert_eq!(result.expect("nothing hangs").unwrap(), 3);
}
