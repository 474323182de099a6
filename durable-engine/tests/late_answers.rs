//! A store whose answers come late: what was read is old by then, and what was asked for meanwhile counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::Journal;
use durable_engine::core::{Commit, Event, ExecutionRecord, ExecutionStatus, StoredOperation};
use durable_engine::store::{
    Created, EventRange, ExecutionSummary, ListFilter, Loaded, MemoryStore, OpenExecution, Store,
    StoreFuture,
};
use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::wire::Timestamp;
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};
use tokio::sync::{Notify, Semaphore};

/// Lets all answers through but one.
struct Gate {
    held: Mutex<Option<usize>>,
    asked: AtomicUsize,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self {
            held: Mutex::new(None),
            asked: AtomicUsize::new(0),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// Holds the answer number `number` from now on, from 0.
    fn hold(&self, number: usize) {
        self.asked.store(0, Ordering::SeqCst);
        *self.held.lock().unwrap() = Some(number);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn open(&self) {
        self.open.add_permits(1);
    }

    /// The work is done when it is asked for, and answered when it may be.
    fn pass<T: Send + 'static>(&self, done: StoreFuture<T>) -> StoreFuture<T> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        if *self.held.lock().unwrap() != Some(number) {
            return done;
        }
        let open = Arc::clone(&self.open);
        Box::pin(async move {
            open.acquire().await.unwrap().forget();
            done.await
        })
    }
}

struct Late {
    inner: MemoryStore,
    loads: Gate,
    creates: Gate,
    commits: Gate,
}

impl Late {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::new(),
            loads: Gate::new(),
            creates: Gate::new(),
            commits: Gate::new(),
        })
    }
}

impl Store for Late {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        self.creates.pass(self.inner.create(commit))
    }
    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        self.commits.pass(self.inner.commit(commit))
    }
    fn delete(&self, arn: &str) -> StoreFuture<bool> {
        self.inner.delete(arn)
    }
    fn sweep(&self, now: Timestamp) -> StoreFuture<Option<Timestamp>> {
        self.inner.sweep(now)
    }
    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        self.loads.pass(self.inner.load(arn))
    }
    fn find(&self, workflow: &str, name: &str) -> StoreFuture<Option<ExecutionRecord>> {
        self.inner.find(workflow, name)
    }
    fn open(&self) -> StoreFuture<Vec<OpenExecution>> {
        self.inner.open()
    }
    fn record(&self, arn: &str) -> StoreFuture<Option<ExecutionRecord>> {
        self.inner.record(arn)
    }
    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>> {
        self.inner.operations(arn)
    }
    fn events(&self, arn: &str, range: EventRange) -> StoreFuture<Vec<Event>> {
        self.inner.events(arn, range)
    }
    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>> {
        self.inner.list(filter)
    }
}

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

    store.loads.hold(0);
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
    store.creates.hold(0);
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
    store.creates.hold(0);
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
    let all = store.list(ListFilter::default()).await.unwrap();
    assert!(all.iter().all(|it| it.ended.is_some()), "{all:#?}");
    let result = run.result().await;
    assert!(matches!(result, Err(RunError::Stopped(_))), "{result:?}");
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
    store.commits.hold(0);
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
