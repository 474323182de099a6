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
use durable_runtime::prelude::*;
use durable_runtime::wire::ErrorObject;
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext, Race2};

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

#[durable_workflow]
async fn shared(#[state] journal: Journal) -> Result<Vec<u32>> {
    let callback = create_callback::<u32>().codec(Doubled).await?;
    let other = create_callback::<u32>().named("other").await?;
    step("note", || async {
        journal.note(format!("id {}", callback.id()));
        journal.note(format!("other {}", other.id()));
    })
    .await;
    // One waits here, one in a scope of its own, one loses while the others wait on.
    let (here, inside, hasty) = join!(
        callback.result().named("here"),
        child("inside", || async {
            let result = callback.result().named("its own").await;
            sleep(Duration::from_secs(1)).named("inside sleep").await;
            result
        }),
        hasty => async {
            match race!(answered => callback.result().named("hasty"), late => sleep(Duration::from_millis(10)).named("short")) {
                answered(answer) => answer,
                late(()) => Ok(0),
            }
        },
    );
    sleep(Duration::from_secs(1)).named("after").await;
    let again = callback.result().named("again").await?;
    let other = other.result().named("last").await.unwrap_or(77);
    Ok(vec![here?, inside?, hasty?, again, other])
}

/// Reads a number twice as large.
struct Doubled;

impl Codec for Doubled {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(payload) })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            let number: u32 = recorded.parse().map_err(|_| CodecError::msg("no number"))?;
            Ok((number * 2).to_string())
        })
    }
}

#[tokio::test]
async fn a_result_is_awaited_in_several_branches_and_again() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(shared)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(shared, ()).await.unwrap();
        let answers = async {
            let (id, other) = (journal.find("id ").await, journal.find("other ").await);
            engine
                .callback(other)
                .fail(ErrorObject::default())
                .await
                .unwrap();
            // The hasty one has to lose before: time alone doesn't tell, since an invocation that was killed is made again a second later.
            let lost = async || {
                let decision = run.operation("race").await.unwrap();
                decision.is_some_and(|decision| decision.status.is_terminal())
            };
            while !lost().await {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let callback = engine.callback(id);
            callback.succeed(&21).await.unwrap();
            assert!(
                callback.succeed(&22).await.is_err(),
                "the first result stands"
            );
        };
        let (result, ()) = tokio::join!(run.result(), answers);
        assert_eq!(result.unwrap(), [42, 42, 0, 42, 77], "{mode}");
    }
}
