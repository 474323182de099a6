//! What a review broke, so that it stays mended: unchanged code that diverged, panics in odd places, nesting.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::Journal;
use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[step]
async fn plain(number: u32) -> Result<u32> {
    Ok(number)
}

#[durable_workflow]
async fn join_in_a_branch() -> Result<u32> {
    let (a, b) = join!(
        a => async {
            sleep(Duration::from_secs(1)).named("s1").await;
            plain(1).named("x").await
        },
        b => async {
            #[id("inner")]
            let (c, d) = join!(plain(2).named("y"), plain(3).named("z"));
            sleep(Duration::from_secs(10)).named("s2").await;
            Ok::<_, Error>(c? + d?)
        },
    );
    Ok(a? + b?)
}

#[durable_workflow]
async fn join_in_a_loser() -> Result<u32> {
    let raced = race!(
        a => async {
            sleep(Duration::from_secs(1)).named("s").await;
            1
        },
        b => async {
            #[id("j")]
            let _ = join!(
                c => sleep(Duration::from_secs(100)).named("c"),
                d => sleep(Duration::from_secs(100)).named("d"),
            );
            2
        },
    );
    plain(3).await?;
    Ok(match raced {
        durable_runtime::Race2::First(one) => one,
        durable_runtime::Race2::Second(two) => two,
    })
}

#[durable_workflow]
async fn race_in_a_branch() -> Result<u32> {
    let (raced, ()) = join!(
        p => async {
            let raced = race!(
                a => plain(1).named("w1"),
                b => async {
                    #[id("j")]
                    let (c, ()) = join!(c => plain(2).named("w2"), d => sleep(Duration::from_secs(100)).named("d"));
                    c
                },
            );
            match raced {
                durable_runtime::Race2::First(won) | durable_runtime::Race2::Second(won) => won,
            }
        },
        q => sleep(Duration::from_secs(2)).named("q"),
    );
    plain(5).named("w5").await?;
    raced
}

macro_rules! every_way {
    ($workflow:path, $expected:expr) => {
        for mode in 0..4 {
            let builder = TestEngine::builder().register($workflow);
            let builder = match mode {
                0 => builder,
                1 => builder.evict_always(),
                2 => builder.replay_every_checkpoint(),
                _ => builder.crash_after_each_checkpoint(),
            };
            let engine = builder.start().await.unwrap();
            let run = engine.start($workflow, ()).await.unwrap();
            assert_eq!(run.result().await.unwrap(), $expected, "mode {mode}");
        }
    };
}

#[tokio::test]
async fn unchanged_code_never_diverges() {
    every_way!(join_in_a_branch, 6);
    every_way!(join_in_a_loser, 1);
    every_way!(race_in_a_branch, 1);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("the bomb went off");
        }
    }
}

#[durable_workflow]
async fn bombed() -> Result<u32> {
    let _bomb = Bomb;
    sleep(Duration::from_secs(5)).await;
    std::mem::forget(_bomb);
    Ok(1)
}

#[tokio::test]
async fn a_destructor_that_panics_at_eviction_harms_nobody() {
    let engine = TestEngine::builder()
        .register(bombed)
        .evict_always()
        .start()
        .await
        .unwrap();
    assert_eq!(
        engine
            .start(bombed, ())
            .await
            .unwrap()
            .result()
            .await
            .unwrap(),
        1
    );
}

/// Panics when it is read.
#[derive(Debug, Serialize)]
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> std::result::Result<Self, D::Error> {
        panic!("unreadable")
    }
}

#[durable_workflow]
async fn takes_the_unreadable(_input: Unreadable) -> Result<u32> {
    Ok(1)
}

#[tokio::test]
async fn an_input_whose_reading_panics_fails_its_execution() {
    let engine = TestEngine::builder()
        .register(takes_the_unreadable)
        .start()
        .await
        .unwrap();
    let run = engine
        .start(takes_the_unreadable, Unreadable)
        .await
        .unwrap();
    let error = run.result().await.unwrap_err().to_string();
    assert!(error.contains("panicked: unreadable"), "{error}");
}

/// Panics when it is written.
#[derive(Debug, Deserialize)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
        panic!("unwritable")
    }
}

#[step]
async fn gives_the_unwritable() -> Result<Unwritable> {
    Ok(Unwritable)
}

#[step(retry = panicking_strategy)]
async fn fails() -> Result<u32> {
    Err(Error::msg("no"))
}

fn panicking_strategy(_: &durable_runtime::ErrorObject, _: u32) -> durable_runtime::RetryDecision {
    panic!("no strategy")
}

#[durable_workflow]
async fn odd_panics() -> Result<(String, String)> {
    let unwritable = gives_the_unwritable().await.unwrap_err();
    let failed = fails().await.unwrap_err();
    Ok((unwritable.to_string(), failed.to_string()))
}

#[tokio::test]
async fn a_panic_while_writing_a_result_or_choosing_a_retry_belongs_to_the_step() {
    let engine = TestEngine::builder()
        .register(odd_panics)
        .start()
        .await
        .unwrap();
    let (unwritable, failed) = engine
        .start(odd_panics, ())
        .await
        .unwrap()
        .result()
        .await
        .unwrap();
    assert!(unwritable.contains("panicked: unwritable"), "{unwritable}");
    assert_eq!(failed, "no");
}

#[durable_workflow]
async fn deep(levels: u32) -> Result<u32> {
    if levels == 0 {
        Ok(0)
    } else {
        Ok(1 + Box::pin(deep(levels - 1)).await?)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nesting_too_deep_is_an_error_and_no_overflow() {
    let engine = TestEngine::builder().register(deep).start().await.unwrap();
    assert_eq!(
        engine
            .start(deep, 100)
            .await
            .unwrap()
            .result()
            .await
            .unwrap(),
        100
    );
    let error = engine
        .start(deep, 1_000)
        .await
        .unwrap()
        .result()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("100 children deep"), "{error}");
}

mod before {
    use super::*;
    #[durable_workflow]
    pub(super) async fn large() -> Result<usize> {
        let text = child("large", || async {
            Ok::<_, Error>(text().named("a").await? + &text().named("b").await?)
        })
        .await?;
        sleep(Duration::from_hours(1)).await;
        Ok(text.len())
    }
}

mod after {
    use super::*;
    #[durable_workflow]
    pub(super) async fn large(#[state] journal: Journal) -> Result<usize> {
        let text = child("large", || async {
            let joined = text().named("a").await? + &text().named("b").await?;
            added(&journal).await?;
            Ok::<_, Error>(joined)
        })
        .await?;
        sleep(Duration::from_hours(1)).await;
        Ok(text.len())
    }
}

#[step]
async fn text() -> Result<String> {
    Ok("x".repeat(150_000))
}

#[step]
async fn added(journal: &Journal) -> Result<u32> {
    journal.note("added");
    Ok(1)
}

#[tokio::test]
async fn a_call_added_to_a_large_child_that_has_finished_is_divergence_before_it_runs() {
    let engine = TestEngine::builder()
        .register(before::large)
        .start()
        .await
        .unwrap();
    let run = engine.start(before::large, ()).id("one").await.unwrap();
    let recorded = async {
        while !common::lines(&run)
            .await
            .contains(&"InvocationCompleted".to_owned())
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), recorded)
        .await
        .unwrap();

    let journal = Journal::default();
    let engine = engine
        .crash()
        .register(after::large)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.run(after::large, "one").await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(&error, RunError::Diverged(_)), "{error}");
    assert!(journal.all().is_empty());
}
