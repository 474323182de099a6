//! What of a step is recorded, and what reading it back gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::{Journal, lines};
use durable_engine::TestEngine;
use durable_runtime::prelude::*;
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};
use serde::{Deserialize, Serialize};

macro_rules! run {
    ($workflow:path, $input:expr, $journal:expr) => {{
        let engine = TestEngine::builder()
            .register($workflow)
            .state($journal.clone())
            .start()
            .await
            .unwrap();
        let run = engine.start($workflow, $input).id("one").await.unwrap();
        let result = run.result().await;
        (engine, run, result)
    }};
}

#[step(retry = none)]
async fn large(bytes: usize) -> Result<String> {
    Ok("x".repeat(bytes))
}

#[durable_workflow]
async fn too_large(#[state] journal: Journal) -> Result<String> {
    journal.note("ran");
    let error = large(1_048_577).await.unwrap_err();
    Ok(error.to_string())
}

#[tokio::test]
async fn a_result_over_the_limit_names_step_size_limit_and_way_out() {
    let journal = Journal::default();
    let (_, _, result) = run!(too_large, (), journal);
    let message = result.unwrap();
    for part in [
        "step `large`",
        "records.rs:",
        "1048579 bytes",
        "1048576",
        "codec",
    ] {
        assert!(message.contains(part), "{part} is missing: {message}");
    }
}

/// Reads back as something else than was written.
#[derive(Debug, Deserialize, Serialize)]
struct Lossy {
    #[serde(skip_serializing)]
    #[expect(dead_code, reason = "only read by serde")]
    needed: u32,
}

#[step(retry = none)]
async fn lossy() -> Result<Lossy> {
    Ok(Lossy { needed: 1 })
}

#[durable_workflow]
async fn loses(#[state] journal: Journal) -> Result<String> {
    journal.note("ran");
    let error = lossy().await.unwrap_err();
    Ok(format!("{} {error}", error.type_name()))
}

#[tokio::test]
async fn a_result_that_does_not_read_back_fails_the_step_live() {
    let journal = Journal::default();
    let (_, _, result) = run!(loses, (), journal);
    let message = result.unwrap();
    assert!(
        message.contains("`lossy`") && message.contains("needed"),
        "{message}"
    );
}

/// Keeps payloads out of the history.
#[derive(Clone, Copy)]
struct Reversed;

impl Codec for Reversed {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(payload.chars().rev().collect())
        })
    }
    fn decode<'a>(&'a self, recorded: String, cx: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            if cx.operation_id.is_empty() {
                return Err(CodecError::msg("no operation"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(recorded.chars().rev().collect())
        })
    }
}

#[step(codec = Reversed)]
async fn secret() -> Result<String> {
    Ok("hush".to_owned())
}

#[durable_workflow]
async fn keeps_a_secret(#[state] journal: Journal) -> Result<String> {
    let told = secret().await?;
    sleep(Duration::from_secs(1)).await;
    journal.note(told.clone());
    Ok(told)
}

#[tokio::test]
async fn a_codec_stands_between_the_value_and_its_record() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(keeps_a_secret)
        .state(journal.clone())
        .evict_always()
        .start()
        .await
        .unwrap();
    let run = engine.start(keeps_a_secret, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "hush");
    assert!(
        lines(&run)
            .await
            .contains(&"StepSucceeded secret \"hsuh\"".to_owned()),
        "{:?}",
        lines(&run).await
    );
}

#[durable_workflow]
async fn idempotency(#[state] journal: Journal) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    for n in 0..3 {
        keys.push(key_of(&journal, n).await?);
    }
    Ok(keys)
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s"))]
async fn key_of(cx: &StepContext, journal: &Journal, n: u32) -> Result<String> {
    journal.note(format!("{n} {}", cx.idempotency_key()));
    if cx.attempt() == 1 {
        Err(Error::msg("again"))
    } else {
        Ok(cx.idempotency_key())
    }
}

#[tokio::test]
async fn an_idempotency_key_is_the_same_over_retries_and_different_for_each_operation() {
    let journal = Journal::default();
    let (_, _, result) = run!(idempotency, (), journal);
    let keys = result.unwrap();
    let noted = journal.all();
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(
            noted
                .iter()
                .filter(|line| **line == format!("{n} {key}"))
                .count(),
            2
        );
    }
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
}

#[durable_workflow]
async fn inferred() -> Result<u32> {
    // The error's type follows from the branch beside.
    let (a, b) = try_join!(
        large(1).label("one byte"),
        child("second", || async { Ok(2) }),
    )?;
    let caught = step("panics", || async {
        if a == "x" {
            panic!("boom")
        } else {
            Ok::<u32, Error>(b)
        }
    })
    .retry(NoRetry)
    .await;
    Ok(1 + b + u32::from(caught.unwrap_err().is("StepFault")))
}

#[tokio::test]
async fn an_inline_steps_error_type_may_follow_from_what_comes_later() {
    let engine = TestEngine::builder()
        .register(inferred)
        .start()
        .await
        .unwrap();
    assert_eq!(
        engine
            .start(inferred, ())
            .await
            .unwrap()
            .result()
            .await
            .unwrap(),
        4
    );
}
