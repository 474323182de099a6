//! `restart(input)`: an execution ends, exactly one successor goes on, and who waits for the first gets the result of the last.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Journal, MODES, lines};
use durable_engine::core::{ExecutionStatus, PauseRequest};
use durable_engine::store::ListFilter;
use durable_engine::{Engine, RunError, TestEngine, VirtualClock};
use durable_runtime::host::Successor;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Counter {
    done: u32,
    of: u32,
}

#[step]
async fn count(journal: &Journal, done: u32) -> Result<u32> {
    journal.note(format!("count {done}"));
    Ok(done + 1)
}

#[durable_workflow]
async fn counting(mut counter: Counter, #[state] journal: Journal) -> Result<String> {
    for _ in 0..2 {
        if counter.done == counter.of {
            return Ok(format!("counted to {}", counter.done));
        }
        counter.done = count(&journal, counter.done).await?;
        sleep(Duration::from_mins(1)).await;
    }
    return restart(counter).await;
}

fn names(first: &str, count: usize) -> Vec<String> {
    let next = |name: &String| {
        let arn = format!("/durable-execution/{name}/x");
        Some(Successor::of(&arn, String::new()).name().to_owned())
    };
    std::iter::successors(Some(first.to_owned()), next)
        .take(count)
        .collect()
}

#[tokio::test]
async fn each_execution_hands_over_to_the_next_in_every_mode() {
    for (mode, set) in MODES {
        let journal = Journal::default();
        let engine = TestEngine::builder()
            .register(counting)
            .state(journal.clone());
        let engine = set(engine).start().await.unwrap();
        let run = engine
            .start(counting, Counter { done: 0, of: 5 })
            .id("one")
            .await
            .unwrap();

        assert_eq!(run.result().await.unwrap(), "counted to 5", "{mode}");
        let expected: Vec<_> = (0..5).map(|n| format!("count {n}")).collect();
        assert_eq!(journal.all(), expected, "{mode}: each step once");
        let mut found = engine.list(ListFilter::default()).await.unwrap();
        found.reverse();
        let names = names("one", 3);
        let found: Vec<_> = found.iter().map(|execution| &*execution.name).collect();
        assert_eq!(found, names, "{mode}");
        let last = lines(&run).await.pop().unwrap();
        let result = format!(
            r#"{{"durableRestart":{{"v":1,"successor":"{}"}}}}"#,
            names[1]
        );
        assert_eq!(last, format!("ExecutionSucceeded  {result}"), "{mode}");
        let second = engine.find("counting", &names[1]).await.unwrap().unwrap();
        assert_eq!(second.input.as_deref(), Some(r#"{"done":2,"of":5}"#));
    }
}

/// Counts how many workflows are in memory.
#[derive(Debug, Default)]
struct Alive {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Clone for Alive {
    fn clone(&self) -> Self {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Self {
            now: Arc::clone(&self.now),
            most: Arc::clone(&self.most),
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[durable_workflow]
async fn for_long(left: u32, #[state] alive: Alive) -> Result<String> {
    if left == 0 {
        return Ok(format!("{} in memory", alive.now.load(Ordering::SeqCst)));
    }
    sleep(Duration::from_hours(1)).await;
    return restart(left - 1).await;
}

#[tokio::test]
async fn hundreds_of_restarts_take_the_memory_of_one() {
    let alive = Alive::default();
    alive.now.fetch_add(1, Ordering::SeqCst);
    let most = Arc::clone(&alive.most);
    let engine = TestEngine::builder().register(for_long).state(alive);
    let engine = engine.start().await.unwrap();
    let run = engine.start(for_long, 500).id("long").await.unwrap();
    run.result().await.unwrap();
    assert_eq!(engine.elapsed(), Duration::from_hours(500));
    // One for the engine, one with it that registers, and those of the workflow that ends, the one that its input was tried on, and its successor.
    assert!(most.load(Ordering::SeqCst) <= 6, "{most:?}");
    let filter = ListFilter {
        statuses: vec![ExecutionStatus::Succeeded],
        limit: 1_000,
        ..ListFilter::default()
    };
    assert_eq!(engine.list(filter).await.unwrap().len(), 501);
}

#[durable_workflow]
async fn in_a_child(how: String) -> Result<u32> {
    match &*how {
        "child" => child("inner", || async { restart("x").await }).await,
        "branch" => {
            let (first, _) = join!(
                restart("x").named("in a branch"),
                sleep(Duration::from_secs(1))
            );
            first
        }
        "called" => restarts(1).await,
        "input" => restart(7).named("wrong input").await,
        "unreadable" => {
            let keys = std::collections::BTreeMap::from([((1, 2), "a map with such keys")]);
            restart(keys).named("unreadable input").await
        }
        _ => step("inside", || async { Ok(1) }).await,
    }
}

#[durable_workflow]
async fn restarts(n: u32) -> Result<u32> {
    restart(n).await
}

#[tokio::test]
async fn a_restart_where_none_can_be_says_so_and_starts_nothing() {
    for (how, error_type, parts) in [
        ("child", "RestartMisplaced", ["`restart`", "not in a child"]),
        ("branch", "RestartMisplaced", ["`in a branch`", "a branch"]),
        (
            "called",
            "RestartMisplaced",
            ["`restart`", "another one called"],
        ),
        ("input", "InvalidInput", ["`in_a_child`", "no `String`"]),
        (
            "unreadable",
            "InputNotRecordable",
            ["`unreadable input`", "JSON"],
        ),
    ] {
        for (mode, set) in MODES {
            let engine = TestEngine::builder()
                .register(in_a_child)
                .register(restarts)
                .lenient();
            let engine = set(engine).start().await.unwrap();
            let run = engine.start(in_a_child, how.into()).await.unwrap();
            let RunError::Workflow(error) = run.result().await.unwrap_err() else {
                panic!("{how} {mode}")
            };
            assert_eq!(error.type_name(), error_type, "{how} {mode}: {error}");
            for part in parts {
                assert!(error.to_string().contains(part), "{how} {mode}: {error}");
            }
            let executions = engine.list(ListFilter::default()).await.unwrap();
            assert_eq!(executions.len(), 1, "{how} {mode}");
        }
    }
}

#[durable_workflow]
async fn for_ever(round: u32) -> Result<u32> {
    sleep(Duration::from_secs(1)).await;
    return restart(round + 1).await;
}

#[tokio::test]
async fn stopping_an_execution_stops_the_one_that_goes_on_for_it() {
    let engine = TestEngine::builder().register(for_ever);
    let engine = engine.start().await.unwrap();
    let run = engine.start(for_ever, 0).id("one").await.unwrap();
    let names = names("one", 4);
    // Time moves when somebody waits: for the end of the third.
    loop {
        match engine.run(for_ever, &names[2]).await {
            Ok(_) => break,
            Err(_) => {
                engine.advance(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        }
    }
    engine.stop("for_ever", "one", "enough").await.unwrap();
    let RunError::Stopped(error) = run.result().await.unwrap_err() else {
        panic!()
    };
    assert_eq!(error.error_message.as_deref(), Some("enough"));
    let open = ListFilter {
        statuses: vec![ExecutionStatus::Running],
        ..ListFilter::default()
    };
    assert!(engine.list(open).await.unwrap().is_empty());
}

#[durable_workflow]
async fn with_deadline(round: u32) -> Result<u32> {
    sleep(Duration::from_secs(30)).await;
    if round == 3 {
        sleep(Duration::from_secs(45)).await;
    }
    restart(round + 1).await
}

#[tokio::test]
async fn each_successor_has_the_whole_timeout_again() {
    let engine = TestEngine::builder().register(with_deadline);
    let engine = engine.start().await.unwrap();
    let run = engine
        .start(with_deadline, 0)
        .timeout(Duration::from_mins(1))
        .await
        .unwrap();
    assert!(matches!(run.result().await, Err(RunError::TimedOut)));
    assert_eq!(engine.elapsed(), Duration::from_secs(30 * 3 + 60));
}

#[durable_workflow]
async fn looks_like_one() -> Result<serde_json::Value> {
    Ok(serde_json::json!({ "durableRestart": { "v": 1, "successor": "somebody" } }))
}

#[tokio::test]
async fn a_result_that_only_looks_like_a_restart_is_a_result() {
    let engine = TestEngine::builder().register(looks_like_one);
    let engine = engine.start().await.unwrap();
    let run = engine.start(looks_like_one, ()).await.unwrap();
    let result = run.result().await.unwrap();
    assert_eq!(result["durableRestart"]["successor"], "somebody");
}

/// Waits until this is so.
async fn until(is_so: impl AsyncFn() -> bool) {
    let so = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    let so = tokio::time::timeout(Duration::from_secs(20), so).await;
    so.expect("it never is so");
}

#[durable_workflow]
async fn yearly(round: u32) -> Result<u32> {
    if round > 0 {
        sleep(Duration::from_hours(24 * 365)).await;
    }
    return restart(round + 1).await;
}

/// What the documentation of `retention_days` warns of.
#[tokio::test]
async fn the_first_of_a_chain_goes_when_its_own_days_are_over() {
    let clock = VirtualClock::new();
    let engine = Engine::in_memory().clock(clock.clone()).retention_days(1);
    let engine = engine.register(yearly).start().await.unwrap();
    engine.start(yearly, 0).id("one").await.unwrap();
    let last = &names("one", 2)[1];
    let is_there = |name: &str| {
        let (engine, name) = (engine.clone(), name.to_owned());
        async move { engine.run(yearly, &name).await.is_ok() }
    };
    until(async || is_there(last).await).await;
    assert!(is_there("one").await, "it has just ended");
    clock.advance(Duration::from_hours(25));
    until(async || !is_there("one").await).await;
    assert!(is_there(last).await, "its successor sleeps for a year");
    let open = engine.list(ListFilter::default()).await.unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
}

#[step]
async fn told(told: &Arc<Notify>, round: u32) -> Result<u32> {
    told.notified().await;
    Ok(round)
}

#[durable_workflow]
async fn hurries(round: u32, #[state] tells: Arc<Notify>) -> Result<u32> {
    if round == 1 {
        return Ok(7);
    }
    let round = told(&tells, round).await?;
    return restart(round + 1).await;
}

/// The step's end is the last that the invocation may write, and then the workflow restarts.
#[tokio::test]
async fn a_paused_execution_does_not_go_on_in_a_successor() {
    let tells = Arc::new(Notify::new());
    let engine = TestEngine::builder().register(hurries);
    let engine = engine.state(Arc::clone(&tells)).start().await.unwrap();
    let run = engine.start(hurries, 0).id("one").await.unwrap();
    until(async || lines(&run).await.contains(&"StepStarted told".to_owned())).await;
    let service = engine.service();
    let request = PauseRequest::default;
    service.pause(run.arn(), request()).await.unwrap();
    tells.notify_one();
    let is_paused = async || {
        let all = engine.list(ListFilter::default()).await.unwrap();
        assert_eq!(all.len(), 1, "nothing begins: {all:#?}");
        all[0].status == ExecutionStatus::Paused
    };
    until(is_paused).await;
    for _ in 0..50 {
        assert!(is_paused().await);
        tokio::task::yield_now().await;
    }
    service.resume(run.arn(), request()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 7);
}
