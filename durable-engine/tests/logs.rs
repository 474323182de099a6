//! What is logged, by whom, and how often: the JSON log with and without the replay filter.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};

use durable_engine::TestEngine;
use durable_runtime::prelude::*;
use durable_runtime::{JsonLog, ReplayFilter};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Those of the tests' own code with this message.
    fn saying(&self, message: &str) -> Vec<Value> {
        let mut lines = self.lines();
        lines.retain(|line| line["message"] == message);
        lines
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The log of what `f` does; with `replays`, of replays too.
async fn log_of(replays: bool, f: impl Future<Output = ()>) -> Written {
    let written = Written::default();
    let log = JsonLog::new().with_writer(written.clone());
    let filter = (!replays).then(ReplayFilter::new);
    let subscriber = tracing_subscriber::registry().with(filter).with(log);
    let _default = tracing::subscriber::set_default(subscriber);
    f.await;
    written
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "1s", jitter = "none"))]
async fn flaky(cx: &StepContext) -> Result<u32> {
    tracing::info!(cents = 5, ok = true, attempt = "mine", "working");
    if cx.attempt() == 1 {
        Err(Error::msg("not yet"))
    } else {
        Ok(cx.attempt())
    }
}

#[durable_workflow]
async fn logging(large: bool) -> Result<usize> {
    tracing::info!("begins");
    let length = child("inner", || async {
        tracing::info!("inside");
        flaky().await?;
        Ok::<_, Error>("x".repeat(if large { 300_000 } else { 3 }))
    })
    .await?
    .len();
    sleep(Duration::from_secs(5)).await;
    tracing::info!(length, "ends");
    Ok(length)
}

async fn run_logging(evict: bool, large: bool) {
    let mut builder = TestEngine::builder().register(logging);
    if evict {
        builder = builder.evict_always();
    }
    let engine = builder.start().await.unwrap();
    let run = engine.start(logging, large).await.unwrap();
    run.result().await.unwrap();
}

#[tokio::test]
async fn each_line_says_where_it_comes_from() {
    for evict in [false, true] {
        let written = log_of(false, run_logging(evict, false)).await;
        let begins = &written.saying("begins")[0];
        let arn = begins["executionArn"].as_str().unwrap();
        assert!(arn.starts_with("arn:aws:lambda:"), "{arn}");
        assert_eq!(begins["level"], "INFO");
        assert_eq!(begins["target"], "logs");
        assert!(begins["timestamp"].as_str().unwrap().ends_with('Z'));
        assert!(begins.get("operationId").is_none());

        let inside = &written.saying("inside")[0];
        assert_eq!(inside["operationName"], "inner");
        assert_eq!(inside["executionArn"], arn);

        let working = written.saying("working");
        assert_eq!(working.len(), 2);
        for (line, attempt) in working.iter().zip([1, 2]) {
            assert_eq!(line["operationName"], "flaky");
            assert_eq!(line["attempt"], attempt);
            assert_eq!(line["_attempt"], "mine");
            assert_eq!((&line["cents"], &line["ok"]), (&5.into(), &true.into()));
            assert_eq!(line["operationId"].as_str().unwrap().len(), 64);
        }
        assert_eq!(working[0]["operationId"], working[1]["operationId"]);

        let ends = &written.saying("ends")[0];
        assert_eq!(ends["length"], 3);
        let requests: Vec<&Value> = [begins, &working[1], ends]
            .iter()
            .map(|line| &line["requestId"])
            .collect();
        assert!(requests.iter().all(|id| id.as_str().unwrap().len() == 36));
        assert_ne!(requests[0], requests[1], "another invocation");
        assert_ne!(requests[1], requests[2], "and another one");
    }
}

#[tokio::test]
async fn without_the_filter_replays_are_logged() {
    let quiet = log_of(false, run_logging(true, false)).await;
    assert_eq!(quiet.saying("begins").len(), 1);
    assert_eq!(quiet.saying("inside").len(), 1);

    let replays = log_of(true, run_logging(true, false)).await;
    assert_eq!(replays.saying("begins").len(), 3);
    assert_eq!(replays.saying("inside").len(), 2, "not after it has ended");
}

#[tokio::test]
async fn a_child_that_is_rebuilt_logs_again_without_the_filter() {
    let quiet = log_of(false, run_logging(true, true)).await;
    assert_eq!(quiet.saying("inside").len(), 1);
    let replays = log_of(true, run_logging(true, true)).await;
    assert_eq!(replays.saying("inside").len(), 3);
}

const EXIT: &str = "DURABLE_TEST_LOGS_AND_EXITS";

#[test]
fn a_line_right_before_the_end_of_the_process_is_not_lost() {
    if std::env::var_os(EXIT).is_some() {
        let subscriber = tracing_subscriber::registry().with(JsonLog::new());
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(error = %"it \"broke\"\n", "last words");
            std::process::exit(7);
        });
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_line_right_before_the_end_of_the_process_is_not_lost",
        ])
        .arg("--nocapture")
        .env(EXIT, "1")
        .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(7));
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with('{')).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["message"], "last words");
    assert_eq!(line["error"], "it \"broke\"\n");
    assert_eq!(line["functionName"], "shop");
}
