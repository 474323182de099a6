//! A workflow is changed between a crash and the restart: what the table of edits in the language's design calls safe goes on,
//! and what it doesn't ends in the divergence error, with the execution still there for the old code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;

use common::Journal;
use durable_engine::{ExecutionStatus, RunError, TestEngine};
use durable_runtime::prelude::*;

#[step]
async fn one(journal: &Journal) -> Result<u32> {
    journal.note("one");
    Ok(1)
}

#[step]
async fn two(journal: &Journal) -> Result<u32> {
    journal.note("two");
    Ok(2)
}

#[step]
async fn three(journal: &Journal) -> Result<u32> {
    journal.note("three");
    Ok(3)
}

#[step]
async fn extra(journal: &Journal) -> Result<u32> {
    journal.note("extra");
    Ok(100)
}

/// What every execution here was started with: two steps, a day's sleep, and a third step that no crashed execution has reached.
mod before {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        let b = two(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + b + c)
    }
}

/// Runs `before` up to the middle of its sleep, crashes, and goes on with other code.
macro_rules! changed {
    ($after:expr) => {{
        let journal = Journal::default();
        let engine = TestEngine::builder()
            .register(before::job)
            .state(journal.clone())
            .start()
            .await
            .unwrap();
        let run = engine.start(before::job, ()).id("one").await.unwrap();
        at_rest(&engine, &run).await;
        assert_eq!(journal.all(), ["one", "two"]);
        let engine = engine
            .crash()
            .register($after)
            .state(journal.clone())
            .lenient()
            .start()
            .await
            .unwrap();
        let run = engine.run($after, "one").await.unwrap();
        (engine, run, journal)
    }};
}

/// Waits until the workflow sleeps.
async fn at_rest<W>(engine: &TestEngine, run: &durable_engine::Run<W>) {
    for _ in 0..10_000 {
        let history = engine.history(run.arn()).await.unwrap();
        if history
            .iter()
            .any(|event| serde_json::to_value(event).unwrap()["EventType"] == "InvocationCompleted")
        {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the workflow never came to rest");
}

mod edits;
mod moves;
