//! `poll_until`: looks, states, back-off, giving up.
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
use durable_runtime::prelude::*;
use durable_runtime::{Codec, CodecFuture, PayloadContext};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Pending,
    Running { percent: u32 },
    Done,
}

#[step]
async fn check(cx: &StepContext, journal: &Journal, state: State) -> Result<State> {
    journal.note(format!("look {} at {state:?}", cx.attempt()));
    Ok(match state {
        State::Pending => State::Running { percent: 50 },
        State::Running { percent: 50 } => State::Running { percent: 100 },
        State::Running { .. } | State::Done => State::Done,
    })
}

#[durable_workflow]
async fn patient(#[state] journal: Journal) -> Result<State> {
    let wanted = State::Done;
    let done = poll_until(State::Pending, |state| check(&journal, state))
        .until(|state| *state == wanted)
        .every(Duration::from_secs(2))
        .named("render")
        .await?;
    sleep(Duration::from_secs(1)).await;
    Ok(done)
}

#[tokio::test]
async fn each_look_is_an_attempt_that_goes_on_from_the_recorded_state() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(patient)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(patient, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), State::Done, "{mode}");
        assert_eq!(
            journal.all(),
            [
                "look 1 at Pending",
                "look 2 at Running { percent: 50 }",
                "look 3 at Running { percent: 100 }"
            ],
            "{mode}"
        );
        if mode == "crash_after_each_checkpoint" {
            continue;
        }
        assert_eq!(engine.elapsed(), Duration::from_secs(5), "{mode}");
        let polls: Vec<_> = lines(&run)
            .await
            .into_iter()
            .filter(|line| line.starts_with("Step"))
            .collect();
        assert_eq!(
            polls,
            [
                "StepStarted render",
                r#"StepSucceeded render {"Running":{"percent":50}}"#,
                "StepStarted render",
                r#"StepSucceeded render {"Running":{"percent":100}}"#,
                "StepStarted render",
                r#"StepSucceeded render "Done""#,
            ],
            "{mode}"
        );
    }
}

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
enum Stuck {
    #[error("broken at {0}")]
    Broken(u32),
    #[error(transparent)]
    TooSlow(#[from] PollExhausted),
}

#[durable_workflow]
async fn impatient(broken_at: u32) -> Result<u32, Stuck> {
    poll_until(0_u32, |count| async move {
        if count == broken_at {
            Err(Stuck::Broken(count))
        } else {
            Ok(count + 1)
        }
    })
    .until(|count| *count == 3)
    .backoff(Backoff::every(Duration::from_secs(2)).max_attempts(3))
    .named("count")
    .await
}

#[tokio::test]
async fn the_last_look_may_still_succeed_and_errors_are_typed() {
    for (mode, with) in MODES {
        let engine = with(TestEngine::builder().register(impatient));
        let engine = engine.start().await.unwrap();
        let run = engine.start(impatient, 9).id("in-time").await.unwrap();
        assert_eq!(run.result().await.unwrap(), 3, "{mode}");

        let run = engine.start(impatient, 1).id("broken").await.unwrap();
        let RunError::Workflow(error) = run.result().await.unwrap_err() else {
            panic!("{mode}");
        };
        assert_eq!(error, Stuck::Broken(1), "{mode}");
        let failed = |lines: &[String]| {
            lines
                .iter()
                .filter(|line| line.starts_with("StepFailed"))
                .count()
        };
        assert_eq!(
            failed(&lines(&run).await),
            1,
            "a failed check is not retried: {mode}"
        );
    }
}

#[durable_workflow]
async fn hopeless() -> Result<String> {
    let strategy = |count: &u32, looks: u32| {
        assert_eq!(*count, looks);
        (looks < 3).then(|| Duration::from_secs(u64::from(*count)))
    };
    let polled = poll_until(0_u32, |count| async move { count + 1 })
        .until(|_| false)
        .wait_strategy(strategy)
        .await;
    sleep(Duration::from_secs(1)).await;
    let exhausted = polled.unwrap_err();
    assert_eq!(exhausted.attempts, 3);
    Err(exhausted.into())
}

#[tokio::test]
async fn a_poll_that_gives_up_says_so() {
    for (mode, with) in MODES {
        let engine = with(TestEngine::builder().register(hopeless));
        let engine = engine.start().await.unwrap();
        let run = engine.start(hopeless, ()).await.unwrap();
        let RunError::Workflow(error) = run.result().await.unwrap_err() else {
            panic!("{mode}");
        };
        assert!(error.is("PollExhausted"), "{mode}: {error:?}");
        assert_eq!(
            error.to_string(),
            "`poll_until` was not done after 3 attempts"
        );
        if mode != "crash_after_each_checkpoint" {
            assert_eq!(engine.elapsed(), Duration::from_secs(1 + 2 + 1), "{mode}");
        }
    }
}

/// Hides the state from whoever reads the history.
struct Rot1;

impl Codec for Rot1 {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(payload.bytes().map(|byte| char::from(byte + 1)).collect()) })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(recorded.bytes().map(|byte| char::from(byte - 1)).collect()) })
    }
}

#[durable_workflow]
async fn secretive() -> Result<Option<u32>> {
    let counted = poll_until(Some(7_u32), |state| async move {
        Ok::<_, Error>(match state {
            Some(0) | None => None,
            Some(count) => Some(count / 2),
        })
    })
    .until(Option::is_none)
    .every(Duration::from_secs(1))
    .codec(Rot1)
    .await?;
    // A state of `null` is one like any other.
    poll_until((), |()| async {})
        .named("nothing")
        .until(|()| true)
        .await?;
    Ok(counted)
}

#[tokio::test]
async fn the_state_goes_through_the_codec_and_may_be_null() {
    for (mode, with) in MODES {
        let engine = with(TestEngine::builder().register(secretive));
        let engine = engine.start().await.unwrap();
        let run = engine.start(secretive, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), None, "{mode}");
        let lines = lines(&run).await;
        assert!(
            lines.contains(&"StepSucceeded poll_until 4".to_owned()),
            "{lines:?}"
        );
        assert!(
            lines.contains(&"StepSucceeded poll_until ovmm".to_owned()),
            "{lines:?}"
        );
        assert!(
            lines.contains(&"StepSucceeded nothing null".to_owned()),
            "{lines:?}"
        );
    }
}

#[step(timeout = "20ms")]
async fn hangs(_count: u32) -> Result<u32> {
    std::future::pending().await
}

#[durable_workflow]
async fn faults(which: u32) -> Result<u32> {
    match which {
        0 => poll_until(0, hangs).until(|_| true).named("hangs").await,
        1 => {
            poll_until(0, |count| async move {
                assert!(count > 0, "no count");
                Ok::<_, Error>(count)
            })
            .until(|_| true)
            .named("panics")
            .await
        }
        _ => {
            poll_until(0, |count| async move { Ok::<_, Error>(count) })
                .until(|count| panic!("cannot say whether {count} will do"))
                .named("undecided")
                .await
        }
    }
}

#[tokio::test]
async fn a_check_that_hangs_or_panics_fails_the_poll() {
    for (mode, with) in MODES {
        let engine = with(TestEngine::builder().register(faults));
        let engine = engine.start().await.unwrap();
        for (which, type_name, message) in [
            (0, "TimedOut", "did not finish"),
            (1, "StepFault", "no count"),
            (2, "StepFault", "cannot say whether 0 will do"),
        ] {
            let run = engine
                .start(faults, which)
                .id(which.to_string())
                .await
                .unwrap();
            let RunError::Workflow(error) = run.result().await.unwrap_err() else {
                panic!("{mode}");
            };
            assert_eq!(error.type_name(), type_name, "{mode}: {error}");
            assert!(error.to_string().contains(message), "{mode}: {error}");
        }
    }
}
