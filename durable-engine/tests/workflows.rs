//! Workflows on the test engine: what a user sees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use durable_engine::TestEngine;
use durable_runtime::prelude::*;

#[derive(Clone, Default)]
struct Counter(Arc<AtomicU32>);

impl Counter {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

#[step]
async fn charge(counter: &Counter, cents: u64) -> Result<u64> {
    counter.next();
    Ok(cents)
}

#[step]
async fn label(name: &str) -> Result<String> {
    Ok(format!("label for {name}"))
}

#[durable_workflow]
async fn order(cents: u64, #[state] counter: Counter) -> Result<String> {
    let charged = charge(&counter, cents).await?;
    sleep(Duration::from_hours(24)).await;
    let (again, label) = try_join!(charge(&counter, charged + 1).named("again"), label("ada"))?;
    Ok(format!("{charged} {again} {label}"))
}

#[tokio::test]
async fn a_workflow_runs_to_its_end_and_its_steps_once() {
    let counter = Counter::default();
    let engine = TestEngine::builder()
        .register(order)
        .state(counter.clone())
        .start()
        .await
        .unwrap();

    let run = engine.start(order, 5).id("one").await.unwrap();

    assert_eq!(run.result().await.unwrap(), "5 6 label for ada");
    assert_eq!(counter.get(), 2);
    assert_eq!(engine.elapsed(), Duration::from_hours(24));
    for event in run.history().await.unwrap() {
        println!("{}", serde_json::to_string(&event).unwrap());
    }
}
