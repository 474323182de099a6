//! One workflow with a bit of everything, run undisturbed, replayed after every checkpoint, evicted at every suspension, and crashed
//! after every write: the result is the same, and so is the history where nothing crashed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::{Journal, shape};
use durable_engine::{Run, TestEngine};
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum Refusal {
    #[error("no {0} left")]
    SoldOut(String),
}

#[step]
async fn reserve(journal: &Journal, sku: &str) -> Result<String, Refusal> {
    journal.note(format!("reserve {sku}"));
    if sku == "gold" {
        Err(Refusal::SoldOut(sku.to_owned()))
    } else {
        Ok(format!("{sku} reserved"))
    }
}

#[step(retry = exponential(max_attempts = 5, initial_delay = "2s", jitter = "none"))]
async fn flaky(cx: &StepContext, journal: &Journal, good_from: u32) -> Result<u32> {
    journal.note(format!("flaky {}", cx.attempt()));
    if cx.attempt() < good_from {
        Err(Error::msg("not yet"))
    } else {
        Ok(cx.attempt())
    }
}

#[step]
async fn price(journal: &Journal, line: u32) -> Result<u32> {
    journal.note(format!("price {line}"));
    Ok(line * 10)
}

#[durable_workflow]
async fn audit(lines: Vec<u32>, #[state] journal: Journal) -> Result<u32> {
    let mut total = 0;
    for line in &lines {
        total += price(&journal, *line).keyed(line).await?;
        sleep(Duration::from_secs(1)).await;
    }
    Ok(total)
}

#[step(semantics = "at_most_once")]
async fn careful(journal: &Journal) -> Result<u32> {
    journal.note("careful");
    Ok(1)
}

#[durable_workflow]
async fn carefully(#[state] journal: Journal) -> Result<u32> {
    let (one, two) = try_join!(
        careful(&journal).named("one"),
        careful(&journal).named("two")
    )?;
    Ok(one + two + careful(&journal).named("three").await?)
}

#[tokio::test]
async fn an_at_most_once_step_is_not_interrupted_by_a_replay_of_its_own_process() {
    let journal = Journal::default();
    let builder = TestEngine::builder()
        .register(carefully)
        .state(journal.clone());
    let engine = builder.replay_every_checkpoint().start().await.unwrap();
    let run = engine.start(carefully, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 3);
    assert_eq!(journal.count("careful"), 3);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    refused: String,
    attempts: u32,
    pair: (String, u32),
    raced: String,
    total: u32,
    inline: String,
    id: String,
    number: u64,
    late: bool,
}

#[durable_workflow]
async fn everything(seed: u64, #[state] journal: Journal) -> Result<Everything> {
    let refused = match reserve(&journal, "gold").retry(NoRetry).await {
        Ok(_) => "not refused".to_owned(),
        Err(refusal) => refusal.to_string(),
    };
    let attempts = flaky(&journal, 3).await?;
    let pair = try_join!(
        silver => async {
            let reserved = reserve(&journal, "silver").named("silver").await.map_err(Error::from)?;
            sleep(Duration::from_secs(30)).await;
            Ok::<_, Error>(reserved)
        },
        flaky(&journal, 2).named("flaky beside"),
    )?;
    let raced = match race!(patient => sleep(Duration::from_mins(10)), quick => slow_answer(&journal))
    {
        patient(()) => "nobody answered".to_owned(),
        quick(answer) => answer?,
    };
    let total = audit(vec![3, 1, 2], journal.clone()).await?;
    let inline = step("inline", || async {
        Ok::<_, Error>(format!("inline {seed}"))
    })
    .await?;
    let started = now().await;
    let doubled = child("block", || async {
        sleep(Duration::from_secs(5)).await;
        price(&journal, 7).named("in block").await
    })
    .await?;
    sleep_until(started + Duration::from_mins(1)).await;
    Ok(Everything {
        refused,
        attempts,
        pair,
        raced,
        total: total + doubled,
        inline,
        id: uuid().to_string(),
        number: random(),
        late: now().named("end").await >= started + Duration::from_mins(1),
    })
}

#[step]
async fn slow_answer(journal: &Journal) -> Result<String> {
    journal.note("slow answer");
    Ok("answered".to_owned())
}

type Builder = durable_engine::TestEngineBuilder;

async fn run(mode: fn(Builder) -> Builder) -> (Everything, Vec<String>, Journal) {
    let journal = Journal::default();
    let engine = mode(
        TestEngine::builder()
            .register(everything)
            .register(audit)
            .state(journal.clone()),
    );
    let engine = engine.start().await.unwrap();
    let run: Run<everything> = engine.start(everything, 9).id("one").await.unwrap();
    let result = run.result().await.unwrap();
    (result, shape(&run).await, journal)
}

/// Two histories are the same, event by event.
fn same(history: &[String], expected: &[String]) {
    for (event, expected) in history.iter().zip(expected) {
        assert_eq!(event, expected);
    }
    assert_eq!(history.len(), expected.len());
}

#[tokio::test]
async fn undisturbed() {
    let (result, history, journal) = run(|engine| engine).await;
    assert_eq!(result.refused, "no gold left");
    assert_eq!(result.attempts, 3);
    assert_eq!(result.pair, ("silver reserved".to_owned(), 2));
    assert_eq!(result.raced, "answered");
    assert_eq!(result.total, 130);
    assert_eq!(result.inline, "inline 9");
    assert!(result.late);
    assert_eq!(journal.count("price 3"), 1);
    assert!(history.len() > 40, "{}", history.join("\n"));
}

#[tokio::test]
async fn replayed_after_every_checkpoint_the_history_is_identical() {
    let (undisturbed, expected, _) = run(|engine| engine).await;
    let (result, history, journal) = run(|engine| engine.replay_every_checkpoint()).await;
    assert_eq!(result, undisturbed);
    same(&history, &expected);
    assert_eq!(journal.count("price 3"), 1);
}

#[tokio::test]
async fn evicted_at_every_suspension_the_history_is_identical() {
    let (undisturbed, expected, _) = run(|engine| engine).await;
    let (result, history, journal) = run(|engine| engine.evict_always()).await;
    assert_eq!(result, undisturbed);
    same(&history, &expected);
    assert_eq!(
        journal.count("flaky 1"),
        2,
        "two steps, each with a first attempt"
    );
}

#[tokio::test]
async fn crashed_after_every_write_the_result_is_the_same() {
    let (undisturbed, _, _) = run(|engine| engine).await;
    let (result, _, journal) = run(|engine| engine.crash_after_each_checkpoint()).await;
    assert_eq!(result, undisturbed);
    for once in [
        "reserve gold",
        "reserve silver",
        "slow answer",
        "price 1",
        "price 2",
        "price 3",
        "price 7",
    ] {
        assert_eq!(journal.count(once), 1, "{once}: {:?}", journal.all());
    }
}
