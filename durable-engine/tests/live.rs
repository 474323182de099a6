//! What shows while a workflow runs: when a START leaves, how parked branches go on beside working ones, and who logs what how often.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::{Arc, Mutex};

use common::{Journal, lines};
use durable_engine::{Engine, TestEngine};
use durable_runtime::ReplayFilter;
use durable_runtime::prelude::*;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

#[derive(Clone)]
struct Gate(Arc<tokio::sync::Semaphore>);

impl Gate {
    fn closed() -> Self {
        Self(Arc::new(tokio::sync::Semaphore::new(0)))
    }
    fn open(&self) {
        self.0.add_permits(1);
    }
    async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

#[step]
async fn long(gate: &Gate) -> Result<u32> {
    gate.pass().await;
    Ok(1)
}

#[durable_workflow]
async fn one_long_step(#[state] gate: Gate) -> Result<u32> {
    long(&gate).await
}

/// Asks until the history has this line; gives up after ten seconds.
async fn until<W>(run: &durable_engine::Run<W>, line: &str) {
    let asking = async {
        while !lines(run).await.contains(&line.to_owned()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asking)
        .await
        .unwrap_or_else(|_| panic!("no `{line}` in ten seconds"));
}

#[tokio::test]
async fn a_long_steps_start_is_recorded_while_it_runs() {
    let gate = Gate::closed();
    let engine = TestEngine::builder()
        .register(one_long_step)
        .state(gate.clone())
        .start()
        .await
        .unwrap();
    let run = engine.start(one_long_step, ()).await.unwrap();
    until(&run, "StepStarted long").await;
    assert!(
        !lines(&run)
            .await
            .iter()
            .any(|line| line.starts_with("StepSucceeded"))
    );
    gate.open();
    assert_eq!(run.result().await.unwrap(), 1);
}

#[derive(Clone)]
struct BlockedThread(Arc<Mutex<Option<std::sync::mpsc::Receiver<()>>>>);

#[step]
async fn blocks_its_thread(blocked: &BlockedThread) -> Result<u32> {
    let go = blocked.0.lock().unwrap().take();
    go.unwrap().recv()?;
    Ok(1)
}

#[durable_workflow]
async fn rude(#[state] blocked: BlockedThread) -> Result<u32> {
    blocks_its_thread(&blocked).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_blocks_its_thread_does_not_stop_its_start_from_leaving() {
    let (go, blocked) = std::sync::mpsc::channel();
    let blocked = BlockedThread(Arc::new(Mutex::new(Some(blocked))));
    let engine = Engine::in_memory()
        .register(rude)
        .state(blocked)
        .start()
        .await
        .unwrap();
    let run = engine.start(rude, ()).await.unwrap();
    until(&run, "StepStarted blocks_its_thread").await;
    go.send(()).unwrap();
    assert_eq!(run.result().await.unwrap(), 1);
}

#[durable_workflow]
async fn beside(#[state] gate: Gate, #[state] journal: Journal) -> Result<u32> {
    let (slow, ()) = join!(
        long(&gate),
        timer => async {
            sleep(Duration::from_hours(1)).await;
            journal.note("the hour is over");
            sleep(Duration::from_hours(1)).await;
            journal.note("two hours");
        },
    );
    slow
}

#[tokio::test]
async fn a_parked_branch_goes_on_when_it_is_due_while_another_works() {
    let (gate, journal) = (Gate::closed(), Journal::default());
    let engine = TestEngine::builder()
        .register(beside)
        .state(gate.clone())
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.start(beside, ()).await.unwrap();
    until(&run, "WaitStarted sleep").await;

    engine.advance(Duration::from_hours(1));
    while journal.all().is_empty() {
        tokio::task::yield_now().await;
    }

    gate.open();
    assert_eq!(run.result().await.unwrap(), 1);
    assert_eq!(journal.all(), ["the hour is over", "two hours"]);
    let lines = lines(&run).await;
    assert_eq!(
        lines
            .iter()
            .filter(|line| *line == "InvocationCompleted")
            .count(),
        2,
        "{lines:#?}"
    );
}

/// Collects the messages of events.
#[derive(Clone, Default)]
struct Messages(Arc<Mutex<Vec<String>>>);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Messages {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("live") {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0.lock().unwrap().push(message.0);
        }
    }
}

#[step]
async fn talks(what: &str) -> Result<String> {
    tracing::info!("in step {what}");
    Ok(what.to_owned())
}

#[durable_workflow]
async fn chatty() -> Result<()> {
    tracing::info!("begins");
    let (a, b) = join!(
        talks("a").named("a"),
        late => async {
            sleep(Duration::from_secs(5)).await;
            tracing::info!("in the branch");
            talks("b").named("b").await
        },
    );
    tracing::info!("joined {} {}", a?, b?);
    sleep(Duration::from_secs(1)).await;
    child("inner", || async {
        tracing::info!("in the child");
        sleep(Duration::from_secs(1)).await;
        tracing::info!("child ends");
    })
    .await;
    tracing::info!("ends");
    Ok(())
}

#[test]
fn replaying_workflow_code_logs_nothing_twice() {
    let messages = Messages::default();
    let subscriber = tracing_subscriber::registry()
        .with(ReplayFilter::new())
        .with(messages.clone());
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let engine = TestEngine::builder()
                .register(chatty)
                .evict_always()
                .start()
                .await
                .unwrap();
            engine
                .start(chatty, ())
                .await
                .unwrap()
                .result()
                .await
                .unwrap();
        });
    });
    assert_eq!(
        *messages.0.lock().unwrap(),
        [
            "begins",
            "in step a",
            "in the branch",
            "in step b",
            "joined a b",
            "in the child",
            "child ends",
            "ends",
        ]
    );
}
