//! The store fails at any one commit: nothing acknowledged is lost, nobody sees what was not recorded, and the execution goes on by itself once
//! the store does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;
#[macro_use]
#[path = "common/passes_on.rs"]
mod passes_on;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::Journal;
use durable_engine::core::{Commit, ExecutionStatus};
use durable_engine::store::{
    Created, ListFilter, Loaded, MemoryStore, Store, StoreError, StoreFuture,
};
use durable_engine::{EngineError, RunError, TestEngine};
use durable_runtime::prelude::*;

/// A memory store whose commits from one number to another fail.
struct Flaky {
    inner: MemoryStore,
    commits: AtomicUsize,
    fails: std::ops::Range<usize>,
    /// It panics instead, and at each second read of an execution.
    panics: bool,
    loads: AtomicUsize,
}

impl Store for Flaky {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        self.inner.create(commit)
    }
    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        if self
            .fails
            .contains(&self.commits.fetch_add(1, Ordering::SeqCst))
        {
            assert!(!self.panics, "a store that panics on purpose");
            return Box::pin(async {
                Err(StoreError::Closed {
                    store: "flaky".into(),
                })
            });
        }
        self.inner.commit(commit)
    }
    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        let number = self.loads.fetch_add(1, Ordering::SeqCst);
        assert!(
            !self.panics || number % 2 == 1,
            "a store that panics on purpose"
        );
        self.inner.load(arn)
    }
    passes_on! { inner: delete sweep find open record operations events list }
}

#[step]
async fn note(journal: &Journal, what: &str) -> Result<String> {
    journal.note(what);
    Ok(what.to_owned())
}

#[durable_workflow]
async fn job(#[state] journal: Journal) -> Result<String> {
    let one = note(&journal, "one").await?;
    journal.note(format!("saw {one}"));
    sleep(Duration::from_secs(60)).await;
    let (two, three) = try_join!(
        note(&journal, "two").named("two"),
        note(&journal, "three").named("three")
    )?;
    let four = child("inner", || async {
        note(&journal, "four").named("four").await
    })
    .await?;
    Ok(format!("{one} {two} {three} {four}"))
}

#[tokio::test]
async fn a_store_that_fails_at_any_one_commit_loses_nothing() {
    failing_at_any_one_commit(false).await;
}

#[tokio::test]
async fn a_store_that_panics_at_any_one_commit_loses_nothing() {
    failing_at_any_one_commit(true).await;
}

async fn failing_at_any_one_commit(panics: bool) {
    let mut reached_the_end = false;
    for first in 0..40 {
        let journal = Journal::default();
        let store = Arc::new(Flaky {
            inner: MemoryStore::new(),
            commits: AtomicUsize::new(0),
            fails: first..first + 2,
            panics,
            loads: AtomicUsize::new(0),
        });
        let engine = TestEngine::on(Arc::clone(&store) as _)
            .register(job)
            .state(journal.clone())
            .start()
            .await
            .unwrap();
        let run = engine.start(job, ()).id("one").await.unwrap();
        let mut refused = 0;
        let result = loop {
            let result = tokio::time::timeout(Duration::from_secs(20), run.result()).await;
            match result.unwrap_or_else(|_| panic!("{first}: it hangs")) {
                Ok(result) => break result,
                Err(RunError::Engine(EngineError::Store(_))) => refused += 1,
                Err(error) => panic!("{first}: {error}"),
            }
            assert!(refused < 1_000, "{first}: it never went on");
            tokio::task::yield_now().await;
        };
        assert_eq!(result, "one two three four", "{first}");
        let record = store.record(run.arn()).await.unwrap().unwrap();
        assert_eq!(record.status, ExecutionStatus::Succeeded, "{first}");
        for step in ["one", "two", "three", "four"] {
            assert!(journal.count(step) <= 3, "{first}: {:?}", journal.all());
        }
        reached_the_end |= store.commits.load(Ordering::SeqCst) <= first;
    }
    assert!(
        reached_the_end,
        "every commit of the workflow was made to fail once"
    );
}

#[durable_workflow]
async fn relay(round: u32, #[state] journal: Journal) -> Result<u32> {
    note(&journal, &format!("round {round}")).await?;
    if round == 2 {
        return Ok(round);
    }
    return restart(round + 1).await;
}

#[tokio::test]
async fn a_store_that_fails_while_an_execution_restarts_leaves_one_successor_of_each() {
    let mut reached_the_end = false;
    for first in 0..20 {
        let journal = Journal::default();
        let store = Arc::new(Flaky {
            inner: MemoryStore::new(),
            commits: AtomicUsize::new(0),
            fails: first..first + 2,
            panics: false,
            loads: AtomicUsize::new(0),
        });
        let engine = TestEngine::on(Arc::clone(&store) as _)
            .register(relay)
            .state(journal.clone());
        let engine = engine.start().await.unwrap();
        let run = engine.start(relay, 0).id("one").await.unwrap();
        let mut refused = 0;
        while let Err(error) = run.result().await {
            assert!(
                matches!(error, RunError::Engine(EngineError::Store(_))),
                "{first}: {error}"
            );
            refused += 1;
            assert!(refused < 1_000, "{first}: it never went on");
            tokio::task::yield_now().await;
        }
        assert_eq!(run.result().await.unwrap(), 2, "{first}");
        let executions = store.list(ListFilter::default()).await.unwrap();
        assert_eq!(executions.len(), 3, "{first}: {executions:#?}");
        assert!(
            executions.iter().all(|execution| execution.ended.is_some()),
            "{first}: nobody is left behind"
        );
        reached_the_end |= store.commits.load(Ordering::SeqCst) <= first;
    }
    assert!(reached_the_end, "every commit was made to fail once");
}
