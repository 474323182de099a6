//! Callbacks: opened, waited for in any branch, timed out.
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
use durable_runtime::Race2;
use durable_runtime::prelude::*;

#[durable_workflow]
async fn timed_out() -> Result<Vec<String>> {
    let plain = create_callback::<u32>()
        .timeout(Duration::from_secs(5))
        .named("plain")
        .await?;
    let silent = create_callback::<u32>()
        .named("silent")
        .timeout(Duration::from_mins(1))
        .heartbeat_timeout(Duration::from_millis(4_001))
        .await?;
    let mut ends = Vec::new();
    for callback in [&plain, &silent] {
        match callback.result().await {
            Err(CallbackError::TimedOut) => ends.push("timed out".to_owned()),
            Err(CallbackError::HeartbeatTimedOut) => ends.push("heartbeat".to_owned()),
            other => ends.push(format!("{other:?}")),
        }
    }
    sleep(Duration::from_secs(1)).await;
    // What has ended stays ended, in whatever scope it is looked at.
    let again = child("again", || async {
        plain.result().named("plain again").await
    })
    .await;
    ends.push(again.unwrap_err().to_string());
    Ok(ends)
}

#[tokio::test]
async fn timeouts_end_a_callback_with_a_typed_error() {
    for (mode, with) in MODES {
        let engine = with(TestEngine::builder().register(timed_out));
        let engine = engine.start().await.unwrap();
        let run = engine.start(timed_out, ()).await.unwrap();
        assert_eq!(
            run.result().await.unwrap(),
            [
                "timed out",
                "heartbeat",
                "the callback was not completed within its timeout"
            ],
            "{mode}"
        );
        if mode != "crash_after_each_checkpoint" {
            assert_eq!(engine.elapsed(), Duration::from_secs(6), "{mode}");
        }
        let lines = lines(&run).await;
        let ended = |name: &str| lines.contains(&format!("CallbackTimedOut {name}"));
        assert!(ended("plain") && ended("silent"), "{mode}: {lines:?}");
    }
}

#[durable_workflow]
async fn uncaught() -> Result<()> {
    let callback = create_callback::<u32>()
        .timeout(Duration::from_secs(5))
        .await?;
    callback.result().await?;
    Ok(())
}

#[tokio::test]
async fn an_uncaught_timeout_is_the_executions_error() {
    for (mode, with) in MODES {
        let engine = with(TestEngine::builder().register(uncaught));
        let engine = engine.start().await.unwrap();
        let run = engine.start(uncaught, ()).await.unwrap();
        let RunError::Workflow(error) = run.result().await.unwrap_err() else {
            panic!("{mode}");
        };
        assert_eq!(error.type_name(), "Callback.Timeout", "{mode}");
    }
}

#[durable_workflow]
async fn raced(#[state] journal: Journal) -> Result<String> {
    let callback = create_callback::<String>().await?;
    journal.note(callback.id().to_string());
    let first = race!(
        answered => callback.result(),
        late => sleep(Duration::from_hours(1)),
    );
    let first = match first {
        Race2::First(answer) => answer?,
        Race2::Second(()) => "late".to_owned(),
    };
    // The callback is still open, and the handle still good.
    let (second, third) = join!(
        hasty => async {
            #[id("hasty race")]
            let raced = race!(
                answered => callback.result().named("hasty"),
                late => sleep(Duration::from_secs(10)),
            );
            matches!(raced, Race2::Second(()))
        },
        patient => async {
            #[id("patient race")]
            let raced = race!(
                answered => callback.result().named("patient"),
                late => sleep(Duration::from_secs(20)),
            );
            matches!(raced, Race2::Second(()))
        },
    );
    Ok(format!("{first} {second} {third}"))
}

#[tokio::test]
async fn a_callback_that_loses_stays_open_and_may_be_awaited_again() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(TestEngine::builder().register(raced).state(journal.clone()));
        let engine = engine.start().await.unwrap();
        let run = engine.start(raced, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), "late true true", "{mode}");
        let mut ids = journal.all();
        ids.dedup();
        assert_eq!(ids.len(), 1, "every replay hands out the same id: {mode}");
    }
}

#[durable_workflow]
async fn out_of_range(seconds: u64) -> Result<u32> {
    let callback = create_callback::<u32>()
        .heartbeat_timeout(Duration::from_secs(seconds))
        .await?;
    Ok(callback.result().await?)
}

#[tokio::test]
async fn a_timeout_out_of_range_fails_the_execution_before_anything_is_recorded() {
    for seconds in [0, 100_000_000] {
        let engine = TestEngine::builder().register(out_of_range);
        let engine = engine.start().await.unwrap();
        let run = engine.start(out_of_range, seconds).await.unwrap();
        let error = run.result().await.unwrap_err().to_string();
        assert!(
            error.contains("heartbeat timeout of callback `create_callback`"),
            "{error}"
        );
        assert!(error.contains("99999999"), "{error}");
        let lines = lines(&run).await;
        assert!(
            !lines.iter().any(|line| line.starts_with("Callback")),
            "{lines:?}"
        );
    }
}
