//! `wait_for_callback`: a context, a callback in it, and a step that hands its id out.
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
use durable_runtime::{Codec, CodecFuture, PayloadContext};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Approval {
    by: String,
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"))]
async fn ask(cx: &StepContext, journal: &Journal, id: CallbackId, good_from: u32) -> Result<()> {
    journal.note(format!("attempt {}", cx.attempt()));
    if cx.attempt() < good_from {
        return Err(Error::with_type("Busy", "the desk is busy").with_data(&7));
    }
    journal.note(format!("id {id}"));
    Ok(())
}

#[durable_workflow]
async fn approve(good_from: u32, #[state] journal: Journal) -> Result<Option<Approval>> {
    let approval = wait_for_callback(|id| ask(&journal, id, good_from))
        .named("approval")
        .await?;
    sleep(Duration::from_secs(1)).await;
    Ok(approval)
}

/// Waits for the result and answers as soon as the callback's id is known.
async fn answered<T>(
    engine: &TestEngine,
    journal: &Journal,
    result: impl Future<Output = T>,
    answer: Result<Option<&str>, ErrorObject>,
) -> T {
    let answered = async {
        let id = journal.find("id ").await;
        let service = engine.service();
        match answer {
            Ok(json) => service.succeed_callback(&id, json.map(str::to_owned)).await,
            Err(error) => service.fail_callback(&id, error).await,
        }
    };
    let (result, answered) = tokio::join!(result, answered);
    answered.unwrap();
    result
}

#[tokio::test]
async fn context_callback_and_submitter_in_this_order() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(approve)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(approve, 1).await.unwrap();
        let answer = Ok(Some(r#"{"by":"ann"}"#));
        let approval = answered(&engine, &journal, run.result(), answer).await;
        assert_eq!(
            approval.unwrap(),
            Some(Approval { by: "ann".into() }),
            "{mode}"
        );
        assert_eq!(journal.count("attempt 1"), 1, "{mode}");
        let found: Vec<_> = lines(&run)
            .await
            .into_iter()
            .filter(|line| !line.starts_with("Invocation"))
            .take(6)
            .collect();
        assert_eq!(
            found[1..],
            [
                "ContextStarted approval",
                "CallbackStarted approval-callback",
                "StepStarted approval-submitter",
                "StepSucceeded approval-submitter null",
                r#"CallbackSucceeded approval-callback {"by":"ann"}"#,
            ],
            "{mode}"
        );
    }
}

#[durable_workflow]
async fn inner(#[state] journal: Journal) -> Result<Option<u32>, CallbackError> {
    wait_for_callback(|id| {
        let journal = journal.clone();
        async move { journal.note(format!("id {id}")) }
    })
    .await
}

#[durable_workflow]
async fn outer(catch: bool, #[state] journal: Journal) -> Result<String> {
    let waited = inner(journal.clone()).await;
    sleep(Duration::from_secs(1)).await;
    match waited {
        Err(error) if !catch => Err(error.into()),
        waited => Ok(format!("{waited:?}")),
    }
}

#[tokio::test]
async fn what_the_sender_failed_it_with_goes_through_child_and_execution_unchanged() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(outer)
                .register(inner)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(outer, false).await.unwrap();
        let error = ErrorObject::new("RejectedError", "not approved").with_data(r#"{"by":"bob"}"#);
        let result = answered(&engine, &journal, run.result(), Err(error)).await;
        let RunError::Workflow(error) = result.unwrap_err() else {
            panic!("{mode}");
        };
        assert_eq!(error.type_name(), "RejectedError", "{mode}");
        assert_eq!(error.to_string(), "not approved", "{mode}");
        assert_eq!(error.data(), Some(Approval { by: "bob".into() }), "{mode}");
        let events = engine.history(run.arn()).await.unwrap();
        let context_failures = events
            .iter()
            .map(|event| serde_json::to_value(event).unwrap())
            .filter(|event| event["EventType"] == "ContextFailed");
        let messages: Vec<_> = context_failures
            .map(|event| event["ContextFailedDetails"]["Error"]["Payload"]["ErrorMessage"].clone())
            .collect();
        assert_eq!(messages, ["not approved", "not approved"], "{mode}");
    }
}

#[tokio::test]
async fn no_result_reads_as_null_and_what_does_not_read_is_caught() {
    for (mode, with) in MODES {
        for (answer, expected) in [
            (None, "Ok(None)"),
            (Some("7"), "Ok(Some(7))"),
            (
                Some("seven"),
                "Err(Undecodable(\"what callback `wait_for_callback` was completed with can't be read",
            ),
        ] {
            let journal = Journal::default();
            let engine = with(
                TestEngine::builder()
                    .register(outer)
                    .register(inner)
                    .state(journal.clone()),
            );
            let engine = engine.start().await.unwrap();
            let run = engine.start(outer, true).await.unwrap();
            let result = answered(&engine, &journal, run.result(), Ok(answer)).await;
            let found = result.unwrap();
            assert!(found.starts_with(expected), "{mode}: {found}");
        }
    }
}

#[durable_workflow]
async fn unasked(#[state] journal: Journal) -> Result<Vec<String>> {
    let mut seen = Vec::new();
    let refused = wait_for_callback::<(), _, _>(|id| ask(&journal, id, 9)).await;
    seen.push(match refused {
        Err(CallbackError::SubmitterFailed(error)) => {
            format!("{error} {:?} {:?}", error.error_data, error.stack_trace)
        }
        other => format!("{other:?}"),
    });
    let panicked = wait_for_callback::<(), _, _>(|_| async {
        assert!(std::env::args().count() == 0, "no desk");
    })
    .retry(NoRetry)
    .named("panics")
    .await;
    seen.push(match panicked {
        Err(CallbackError::SubmitterFailed(error)) => error.error_type.unwrap_or_default(),
        other => format!("{other:?}"),
    });
    let slow = wait_for_callback::<(), _, _>(hangs).named("slow").await;
    seen.push(slow.unwrap_err().to_string());
    sleep(Duration::from_secs(1)).await;
    Ok(seen)
}

#[step(timeout = "10ms", retry = none)]
async fn hangs(_id: CallbackId) -> Result<()> {
    std::future::pending().await
}

#[tokio::test]
async fn a_submitter_that_fails_for_good_ends_the_wait_with_the_callback_open() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(unasked)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(unasked, ()).await.unwrap();
        assert_eq!(
            run.result().await.unwrap(),
            [
                r#"Busy: the desk is busy Some("7") []"#,
                "Step.Panicked",
                "step `slow-submitter` did not finish within 1 s"
            ],
            "{mode}"
        );
        assert_eq!(journal.all(), ["attempt 1", "attempt 2"], "{mode}");
        let lines = lines(&run).await;
        let count = |what: &str| lines.iter().filter(|line| line.starts_with(what)).count();
        assert_eq!(count("CallbackStarted"), 3, "{mode}");
        assert_eq!(
            count("CallbackTimedOut") + count("CallbackFailed"),
            0,
            "{mode}"
        );
        assert_eq!(count("ContextFailed"), 3, "{mode}");
    }
}

/// Sends text that is no JSON.
struct Plain;

impl Codec for Plain {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(serde_json::from_str(&payload).unwrap()) })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(serde_json::to_string(&recorded).unwrap()) })
    }
}

#[durable_workflow]
async fn beside(#[state] journal: Journal) -> Result<String> {
    let (word, late) = join!(
        wait_for_callback::<String, _, _>(|id| {
            let journal = journal.clone();
            async move { journal.note(format!("id {id}")) }
        })
        .codec(Plain),
        late => async {
            match race!(
                asked => wait_for_callback::<String, _, _>(|_| async {}).named("unanswered"),
                late => sleep(Duration::from_mins(5)),
            ) {
                asked(answer) => format!("{answer:?}"),
                late(()) => "late".to_owned(),
            }
        },
    );
    sleep(Duration::from_secs(1)).named("after").await;
    Ok(format!("{} {late}", word?))
}

#[tokio::test]
async fn waits_run_side_by_side_and_lose_races() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(beside)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(beside, ()).await.unwrap();
        let result = answered(&engine, &journal, run.result(), Ok(Some("plain"))).await;
        assert_eq!(result.unwrap(), "plain late", "{mode}");
    }
}

#[durable_workflow]
async fn kept_alive(#[state] journal: Journal) -> Result<String> {
    let waited = wait_for_callback::<String, _, _>(|id| {
        let journal = journal.clone();
        async move { journal.note(format!("id {id}")) }
    })
    .heartbeat_timeout(Duration::from_secs(10))
    .timeout(Duration::from_secs(60))
    .await;
    match waited {
        Err(CallbackError::HeartbeatTimedOut) => Ok("silent".to_owned()),
        Err(CallbackError::TimedOut) => Ok("late".to_owned()),
        waited => Ok(waited?),
    }
}

#[tokio::test]
async fn heartbeats_keep_it_open_until_its_timeout() {
    for (mode, with) in MODES {
        if mode == "crash_after_each_checkpoint" {
            // Crashes take time, and here time counts.
            continue;
        }
        for (beats, expected) in [(2, "silent"), (9, "late")] {
            let journal = Journal::default();
            let engine = with(
                TestEngine::builder()
                    .register(kept_alive)
                    .state(journal.clone()),
            );
            let engine = engine.start().await.unwrap();
            let run = engine.start(kept_alive, ()).await.unwrap();
            let callback = engine.callback(journal.find("id ").await);
            for _ in 0..beats {
                engine.advance(Duration::from_secs(6));
                callback.heartbeat().await.unwrap();
            }
            assert_eq!(run.result().await.unwrap(), expected, "{mode}");
            let elapsed = Duration::from_secs(if expected == "late" { 60 } else { 22 });
            assert_eq!(engine.elapsed(), elapsed, "{mode}");
        }
    }
}
