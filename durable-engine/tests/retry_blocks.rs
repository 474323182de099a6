//! `retry_block`: several operations tried again together.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::{Journal, MODES, lines};
use durable_engine::{RunError, TestEngine};
use durable_runtime::RetryDecision;
use durable_runtime::prelude::*;
use durable_runtime::wire::ErrorObject;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
enum Taken {
    #[error("seat {0} is taken")]
    Seat(u32),
    #[error("no seat is left")]
    NoneLeft,
}

#[step]
async fn free_seat(journal: &Journal) -> Result<u32, Taken> {
    journal.note("look");
    Ok(u32::try_from(journal.count("look")).unwrap())
}

#[step(retry = none)]
async fn book(journal: &Journal, seat: u32, good_from: u32) -> Result<u32, Taken> {
    journal.note(format!("book {seat}"));
    match seat {
        7 => Err(Taken::NoneLeft),
        seat if seat < good_from => Err(Taken::Seat(seat)),
        seat => Ok(seat),
    }
}

/// Gives up after three attempts, and at once when nothing is left.
fn patient(error: &ErrorObject, attempt: u32) -> RetryDecision {
    let none_left = error.error_message.as_deref() == Some("no seat is left");
    if attempt < 3 && !none_left {
        RetryDecision::RetryAfter(Duration::from_secs(u64::from(attempt) * 10))
    } else {
        RetryDecision::Stop
    }
}

#[durable_workflow]
async fn travel(good_from: u32, #[state] journal: Journal) -> Result<(u32, String), Taken> {
    let booked = retry_block("seat", || async {
        let key = uuid();
        let seat = free_seat(&journal).await?;
        let (seat, ()) = join!(
            book(&journal, seat, good_from),
            nap => async { sleep(Duration::from_secs(1)).await },
        );
        Ok((seat?, key.to_string()))
    })
    .retry(patient)
    .await;
    sleep(Duration::from_secs(1)).named("after").await;
    booked
}

#[tokio::test]
async fn every_attempt_does_everything_anew() {
    let mut keys = Vec::new();
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(travel)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(travel, 3).id("one").await.unwrap();
        let (seat, key) = run.result().await.unwrap();
        assert_eq!(seat, 3, "{mode}");
        keys.push(key);
        assert_eq!(
            journal.all(),
            ["look", "book 1", "look", "book 2", "look", "book 3"],
            "{mode}"
        );
        if mode == "crash_after_each_checkpoint" {
            continue;
        }
        assert_eq!(
            engine.elapsed(),
            Duration::from_secs(3 + 10 + 20 + 1),
            "{mode}"
        );
        let found: Vec<_> = lines(&run)
            .await
            .into_iter()
            .filter(|line| line.starts_with("Context") || line.starts_with("Wait"))
            .collect();
        assert_eq!(
            found,
            [
                "ContextStarted seat",
                "WaitStarted sleep",
                "WaitSucceeded sleep",
                "WaitStarted seat-backoff-1",
                "WaitSucceeded seat-backoff-1",
                "WaitStarted sleep",
                "WaitSucceeded sleep",
                "WaitStarted seat-backoff-2",
                "WaitSucceeded seat-backoff-2",
                "WaitStarted sleep",
                "WaitSucceeded sleep",
                &format!("ContextSucceeded seat [3,\"{}\"]", keys[0]),
                "WaitStarted after",
                "WaitSucceeded after",
            ],
            "{mode}"
        );
    }
    keys.dedup();
    assert_eq!(
        keys.len(),
        1,
        "values of an attempt are its own, and the same in every mode"
    );
}

#[tokio::test]
async fn the_error_of_the_last_attempt_is_the_blocks() {
    for (mode, with) in MODES {
        for (good_from, attempts, error) in [(9, 3, Taken::Seat(3)), (6, 1, Taken::NoneLeft)] {
            let journal = Journal::default();
            if good_from == 6 {
                (0..6).for_each(|_| journal.note("look"));
            }
            let engine = with(
                TestEngine::builder()
                    .register(travel)
                    .state(journal.clone()),
            );
            let engine = engine.start().await.unwrap();
            let run = engine.start(travel, good_from).await.unwrap();
            let RunError::Workflow(found) = run.result().await.unwrap_err() else {
                panic!("{mode}");
            };
            assert_eq!(found, error, "{mode}");
            let booked = journal
                .all()
                .iter()
                .filter(|noted| noted.starts_with("book"))
                .count();
            assert_eq!(booked, attempts, "{mode}");
        }
    }
}

#[durable_workflow]
async fn large(#[state] journal: Journal) -> Result<usize> {
    let mut lengths = 0;
    for round in 0..2_u32 {
        let text = retry_block("text", || async {
            let (made, text) = text_of(&journal, round).await?;
            if made == 1 {
                return Err(Error::msg("once more"));
            }
            Ok(text)
        })
        .keyed(round)
        .label(format!("text {round}"))
        .retry(Exponential::new().max_attempts(2))
        .await?;
        sleep(Duration::from_secs(1)).keyed(round).await;
        lengths += text.len();
    }
    Ok(lengths)
}

#[step]
async fn text_of(journal: &Journal, round: u32) -> Result<(usize, String)> {
    let name = format!("text {round}");
    journal.note(&name);
    Ok((journal.count(&name), "x".repeat(300 * 1024)))
}

#[tokio::test]
async fn a_large_result_is_rebuilt_from_the_attempts() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(TestEngine::builder().register(large).state(journal.clone()));
        let engine = engine.start().await.unwrap();
        let run = engine.start(large, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), 2 * 300 * 1024, "{mode}");
        assert_eq!(
            journal.all(),
            ["text 0", "text 0", "text 1", "text 1"],
            "{mode}"
        );
    }
}

#[step]
async fn undo(journal: Journal, what: String) -> Result<()> {
    journal.note(format!("undo {what}"));
    Ok(())
}

#[durable_workflow]
async fn undone(block_fails: bool, #[state] journal: Journal) -> Result<()> {
    retry_block("deal", || async {
        let keep = journal.clone();
        let seat = free_seat(&journal)
            .compensate(move |seat| undo(keep.clone(), format!("seat {seat}")))
            .await?;
        let enough = if block_fails { 9 } else { 2 };
        book(&journal, seat, enough).await?;
        Ok::<_, Error>(())
    })
    .retry(patient)
    .await?;
    sleep(Duration::from_secs(1)).await;
    Err(Error::msg("all for nothing"))
}

#[tokio::test]
async fn what_every_attempt_did_is_undone() {
    for (mode, with) in MODES {
        for (block_fails, attempts) in [(false, 2), (true, 3)] {
            let journal = Journal::default();
            let engine = with(
                TestEngine::builder()
                    .register(undone)
                    .state(journal.clone()),
            );
            let engine = engine.start().await.unwrap();
            let run = engine.start(undone, block_fails).await.unwrap();
            run.result().await.unwrap_err();
            let expected = (1..=attempts).rev().map(|seat| format!("undo seat {seat}"));
            let found: Vec<_> = journal
                .all()
                .into_iter()
                .filter(|noted| noted.starts_with("undo"))
                .collect();
            assert_eq!(found, expected.collect::<Vec<_>>(), "{mode}");
        }
    }
}
