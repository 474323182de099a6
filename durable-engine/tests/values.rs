//! Values that a replay repeats, and time that a test doesn't spend.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::Journal;
use durable_engine::TestEngine;
use durable_runtime::prelude::*;

#[durable_workflow]
async fn values(#[state] journal: Journal) -> Result<(String, u64, Vec<u64>)> {
    let id = uuid().to_string();
    let number: u64 = random();
    let mut numbers = rng();
    let list = (0..3).map(|_| numbers.below(100)).collect();
    journal.note(format!("{id} {number}"));
    sleep(Duration::from_secs(1)).await;
    Ok((id, number, list))
}

#[tokio::test]
async fn values_are_the_same_on_replay_and_different_for_each_execution() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(values)
        .state(journal.clone())
        .evict_always()
        .start()
        .await
        .unwrap();
    let one = engine
        .start(values, ())
        .id("one")
        .await
        .unwrap()
        .result()
        .await
        .unwrap();
    let two = engine
        .start(values, ())
        .id("two")
        .await
        .unwrap()
        .result()
        .await
        .unwrap();
    let noted = journal.all();
    assert_eq!(noted[0], noted[1], "live and replay");
    assert_eq!(noted[0], format!("{} {}", one.0, one.1));
    assert_ne!(one.0, two.0);
    assert_ne!(one.1, two.1);
    assert_ne!(one.2, two.2);
}

#[durable_workflow]
async fn year() -> Result<u32> {
    let mut days = 0;
    while days < 365 {
        sleep(Duration::from_hours(24)).await;
        days += 1;
    }
    Ok(days)
}

#[tokio::test]
async fn a_year_of_sleeps_takes_less_than_a_second() {
    let engine = TestEngine::builder().register(year).start().await.unwrap();
    let started = std::time::Instant::now();
    let run = engine.start(year, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 365);
    assert_eq!(engine.elapsed(), Duration::from_hours(24 * 365));
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_year_of_sleeps_replayed_every_day_ends_the_same() {
    let engine = TestEngine::builder()
        .register(year)
        .evict_always()
        .start()
        .await
        .unwrap();
    let run = engine.start(year, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 365);
    assert_eq!(engine.elapsed(), Duration::from_hours(24 * 365));
}
