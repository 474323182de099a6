//! Codecs: what is recorded is what they wrote, and what the workflow sees is what they read, live as on replay.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{MODES, lines};
use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};
use serde::{Deserialize, Serialize};

/// Marks what it writes, and reads it in capitals: nobody can take the value for one that went around it.
struct Shout(String);

impl Codec for Shout {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            Ok(format!("{}:{payload}", self.0))
        })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            match recorded.strip_prefix(&format!("{}:", self.0)) {
                Some(payload) => Ok(payload.to_uppercase()),
                None => Err(CodecError::msg(format!(
                    "`{recorded}` was not written by {}",
                    self.0
                ))),
            }
        })
    }
}

fn shout(mark: &str) -> Shout {
    Shout(mark.to_owned())
}

static DEFAULT: LazyLock<Shout> = LazyLock::new(|| shout("default"));

#[step]
async fn greet(name: &str) -> Result<String> {
    Ok(format!("hello {name}"))
}

#[step(codec = DEFAULT)]
async fn greet_loudly(name: &str) -> Result<String> {
    Ok(format!("hello {name}"))
}

#[durable_workflow(codec = DEFAULT)]
async fn inner(name: String) -> Result<String> {
    let greeting = greet(&name).named("inside").await?;
    sleep(Duration::from_secs(1)).await;
    Ok(format!("inner {greeting}"))
}

#[durable_workflow]
async fn own_codecs() -> Result<Vec<String>> {
    let called = inner("ada".into()).codec(shout("call")).await?;
    let plain = inner("bo".into()).named("plain").await?;
    let block = child("block", || async {
        greet_loudly("cy").await?;
        sleep(Duration::from_secs(1)).await;
        Ok::<_, Error>("block".to_owned())
    })
    .codec(shout("child"))
    .await?;
    sleep(Duration::from_secs(1)).named("end").await;
    Ok(vec![called, plain, block])
}

#[tokio::test]
async fn a_childs_codec_decides_what_is_recorded_of_it_and_what_the_workflow_sees() {
    for (mode, set) in MODES {
        let engine = TestEngine::builder().register(own_codecs).register(inner);
        let engine = set(engine).start().await.unwrap();
        let run = engine.start(own_codecs, ()).await.unwrap();
        assert_eq!(
            run.result().await.unwrap(),
            ["INNER HELLO ADA", "inner HELLO BO", "BLOCK"],
            "{mode}"
        );
        let lines = lines(&run).await;
        for expected in [
            "StepSucceeded inside default:\"hello ada\"",
            "ContextSucceeded inner call:\"inner HELLO ADA\"",
            "ContextSucceeded plain \"inner HELLO BO\"",
            "StepSucceeded greet_loudly default:\"hello cy\"",
            "ContextSucceeded block child:\"block\"",
            "ExecutionSucceeded  [\"INNER HELLO ADA\",\"inner HELLO BO\",\"BLOCK\"]",
        ] {
            assert!(
                lines.iter().any(|line| line == expected),
                "{mode}: {expected} in {lines:#?}"
            );
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("refused: {0}")]
struct Refused(String);

#[step(retry = none)]
async fn refuse() -> Result<String, Refused> {
    Err(Refused("secret".into()))
}

#[durable_workflow(codec = DEFAULT)]
async fn by_default(input: String) -> Result<String> {
    let step = greet(&input).await?;
    let own = greet(&input).codec(shout("own")).named("own").await?;
    let inline = step_and_time().await?;
    let error = refuse().await.unwrap_err();
    sleep(Duration::from_secs(1)).await;
    Ok(format!("{step} {own} {inline} {error}"))
}

#[durable_workflow]
async fn step_and_time() -> Result<String> {
    let before = now().await;
    let text = step("inline", || async { "inline".to_owned() }).await;
    assert!(before <= now().named("after").await);
    Ok(text)
}

#[tokio::test]
async fn a_workflows_codec_is_that_of_its_operations_and_not_of_its_input_result_and_errors() {
    for (mode, set) in MODES {
        let engine = TestEngine::builder()
            .register(by_default)
            .register(step_and_time);
        let engine = set(engine).start().await.unwrap();
        let run = engine.start(by_default, "dee".into()).await.unwrap();
        let result = "HELLO DEE HELLO DEE INLINE refused: secret";
        assert_eq!(run.result().await.unwrap(), result, "{mode}");
        let lines = lines(&run).await;
        for expected in [
            "StepSucceeded greet default:\"hello dee\"".to_owned(),
            "StepSucceeded own own:\"hello dee\"".to_owned(),
            // An operation of the called workflow, and then one of the caller.
            "StepSucceeded inline \"inline\"".to_owned(),
            "ContextSucceeded step_and_time default:\"inline\"".to_owned(),
            format!("ExecutionSucceeded  \"{result}\""),
        ] {
            assert!(
                lines.iter().any(|line| line == &expected),
                "{mode}: {expected} in {lines:#?}"
            );
        }
        let history = run.history().await.unwrap();
        let history = serde_json::to_string(&history).unwrap();
        assert!(
            history.contains(r#"\"secret\""#),
            "errors are recorded as they are: {history}"
        );
    }
}

/// Fails as often as it is told to, and says that it may not the next time.
struct Flaky {
    failures: AtomicU32,
    transient: bool,
}

impl Flaky {
    fn fail(&self) -> Result<(), CodecError> {
        let left = self.failures.load(Ordering::SeqCst);
        if left == 0 {
            return Ok(());
        }
        self.failures.store(left - 1, Ordering::SeqCst);
        let cause = std::io::Error::other("connection reset");
        let error = CodecError::new("the store did not answer", cause);
        Err(if self.transient {
            error.transient()
        } else {
            error
        })
    }
}

impl Codec for Flaky {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { self.fail().map(|()| payload) })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(recorded) })
    }
}

static BUSY: Flaky = Flaky {
    failures: AtomicU32::new(3),
    transient: true,
};
static BROKEN: Flaky = Flaky {
    failures: AtomicU32::new(u32::MAX),
    transient: false,
};

#[durable_workflow]
async fn stored(broken: bool) -> Result<String> {
    if broken {
        child("stored", || async { greet("eve").await })
            .codec(&BROKEN)
            .await
    } else {
        Ok(greet("eve").codec(&BUSY).await.unwrap_or_default()
            + &child("stored", || async { greet("eve").named("twice").await })
                .codec(&BUSY)
                .await?)
    }
}

#[tokio::test]
async fn a_transient_failure_of_a_codec_is_the_invocations_and_another_tries_again() {
    let engine = TestEngine::builder().register(stored);
    let engine = engine.start().await.unwrap();
    let run = engine.start(stored, false).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "hello evehello eve");
    assert_eq!(BUSY.failures.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn any_other_failure_says_whose_it_is_and_why() {
    let engine = TestEngine::builder().register(stored);
    let engine = engine.start().await.unwrap();
    let run = engine.start(stored, true).await.unwrap();
    let RunError::Workflow(error) = run.result().await.unwrap_err() else {
        panic!()
    };
    assert_eq!(error.type_name(), "ResultNotRecordable");
    let message = error.to_string();
    for part in [
        "child context `stored`",
        "its codec failed: the store did not answer: connection reset",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

/// As large as what it is given, and larger than a record of a context may be.
#[durable_workflow]
async fn large() -> Result<usize> {
    let text = child("large", || async {
        greet("x").await.map(|greeting| greeting.repeat(60_000))
    })
    .codec(shout("large"))
    .await?;
    sleep(Duration::from_secs(1)).await;
    assert!(
        text.starts_with("HELLO X"),
        "decoded also when it is rebuilt"
    );
    Ok(text.len())
}

#[tokio::test]
async fn a_rebuilt_childs_value_went_through_its_codec_too() {
    for (mode, set) in MODES {
        let engine = set(TestEngine::builder().register(large));
        let engine = engine.start().await.unwrap();
        let run = engine.start(large, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), 7 * 60_000, "{mode}");
    }
}
