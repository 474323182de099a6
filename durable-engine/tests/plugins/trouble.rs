//! Plugins that panic, executions that fail, invocations that break off, replays within one.

use std::sync::{Arc, Mutex};

use durable_engine::TestEngine;
use durable_runtime::plugin::{
    AttemptEnd, AttemptInfo, InvocationEnd, InvocationInfo, OperationChange, OperationInfo, Plugin,
    PluginFuture,
};
use durable_runtime::prelude::*;

use crate::recorder::{Recorder, modes};

/// Panics in every hook, after it has noted which.
#[derive(Clone, Default)]
struct Faulty(Arc<Mutex<Vec<&'static str>>>);

impl Faulty {
    fn fail(&self, hook: &'static str) {
        self.0.lock().unwrap().push(hook);
        panic!("{hook} failed");
    }
}

impl Plugin for Faulty {
    fn name(&self) -> &str {
        panic!("not even a name")
    }
    fn on_invocation_start(&self, _: &InvocationInfo<'_>) {
        self.fail("invocation start");
    }
    fn on_invocation_end(&self, _: &InvocationEnd<'_>) {
        self.fail("invocation end");
    }
    fn on_operation_start(&self, _: &OperationInfo<'_>) {
        self.fail("operation start");
    }
    fn on_operation_end(&self, _: &OperationInfo<'_>) {
        self.fail("operation end");
    }
    fn on_operation_change(&self, _: &OperationChange<'_>) {
        self.fail("operation change");
    }
    fn on_attempt_start(&self, _: &AttemptInfo<'_>) {
        self.fail("attempt start");
    }
    fn on_attempt_end(&self, _: &AttemptEnd<'_>) {
        self.fail("attempt end");
    }
    fn flush(&self) -> PluginFuture<'_> {
        Box::pin(async { self.fail("flush") })
    }
}

#[step]
async fn greet(name: &str) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[durable_workflow]
async fn one_step(name: String) -> Result<String> {
    greet(&name).await
}

#[tokio::test]
async fn a_plugin_that_panics_disturbs_nobody() {
    let (faulty, healthy) = (Faulty::default(), Recorder::with_changes());
    let builder = TestEngine::builder()
        .register(one_step)
        .plugin(faulty.clone())
        .plugin(healthy.clone());
    let engine = builder.start().await.unwrap();
    let run = engine.start(one_step, "Ada".to_owned()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "Hello, Ada!");
    assert_eq!(
        *faulty.0.lock().unwrap(),
        [
            "invocation start",
            "operation start",
            "attempt start",
            "attempt end",
            "operation end",
            "operation change",
            "invocation end",
            "flush",
        ]
    );
    assert_eq!(
        healthy.lines(),
        [
            "invocation first",
            "start greet",
            "attempt greet 1",
            "attempt greet 1 SUCCEEDED",
            "end greet SUCCEEDED",
            "change greet=SUCCEEDED",
            "invocation SUCCEEDED",
            "flush",
        ]
    );
}

#[durable_workflow]
async fn panics(_: ()) -> Result<()> {
    child("inner", || async {
        greet("A").await?;
        if greet("B").named("again").await?.len() > 3 {
            panic!("on purpose");
        }
        Ok::<_, Error>(())
    })
    .await
}

/// The hooks are called while the workflow's panic unwinds, and panic too.
#[tokio::test]
async fn a_workflow_that_panics_is_told_to_plugins_that_panic() {
    let (faulty, healthy) = (Faulty::default(), Recorder::default());
    let builder = TestEngine::builder()
        .register(panics)
        .plugin(faulty.clone())
        .plugin(healthy.clone());
    let engine = builder.start().await.unwrap();
    let run = engine.start(panics, ()).await.unwrap();
    run.result().await.unwrap_err();
    assert_eq!(
        healthy.lines()[11..],
        ["attempt inner 1 INCOMPLETE", "invocation FAILED", "flush"]
    );
}

#[step(retry = exponential(max_attempts = 5, initial_delay = "2s", jitter = "none"))]
async fn flaky(cx: &StepContext, good_from: u32) -> Result<u32> {
    if cx.attempt() < good_from {
        Err(Error::msg("not yet"))
    } else {
        Ok(cx.attempt())
    }
}

#[durable_workflow]
async fn busy(_: ()) -> Result<u32> {
    let first = child("inner", || async {
        let one = flaky(2).await?;
        sleep(Duration::from_secs(5)).named("nap").await;
        Ok::<_, Error>(one)
    })
    .await?;
    let (second, ()) = try_join!(flaky(3).named("beside"), napping => async {
        sleep(Duration::from_secs(1)).named("short").await;
        Ok::<_, Error>(())
    })?;
    Ok(first + second)
}

const OPERATIONS: [&str; 5] = ["inner", "flaky", "nap", "beside", "short"];

#[tokio::test]
async fn each_operation_starts_once_and_ends_once() {
    for replays in [false, true] {
        for (mode, mut builder) in modes() {
            let recorder = Recorder::default();
            if replays {
                builder = builder.replay_every_checkpoint();
            }
            let builder = builder.register(busy).plugin(recorder.clone());
            let engine = builder.start().await.unwrap();
            let run = engine.start(busy, ()).await.unwrap();
            assert_eq!(run.result().await.unwrap(), 5, "{mode} {replays}");
            for operation in OPERATIONS {
                let lines = recorder.lines();
                assert_eq!(
                    recorder.count(&format!("start {operation}")),
                    1,
                    "{mode} {replays} {operation}: {lines:#?}"
                );
                assert_eq!(
                    recorder.count(&format!("end {operation} SUCCEEDED")),
                    1,
                    "{mode} {replays} {operation}: {lines:#?}"
                );
            }
            let starts = recorder.count_prefix("invocation first")
                + recorder.count_prefix("invocation again");
            let ends =
                recorder.count("invocation PENDING") + recorder.count("invocation SUCCEEDED");
            assert_eq!(starts, ends, "{mode} {replays}");
        }
    }
}

#[tokio::test]
async fn what_a_crash_repeats_is_told_again_and_nothing_is_left_out() {
    let recorder = Recorder::default();
    let builder = TestEngine::builder()
        .crash_after_each_checkpoint()
        .register(busy)
        .plugin(recorder.clone());
    let engine = builder.start().await.unwrap();
    let run = engine.start(busy, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 5);
    for operation in OPERATIONS {
        let start = recorder.count(&format!("start {operation}"));
        assert!(start >= 1, "{operation}: {:#?}", recorder.lines());
    }
    assert!(recorder.count("invocation RETRYING") > 5);
    assert_eq!(recorder.count("invocation SUCCEEDED"), 1);
    // These end between invocations, so the service tells of them.
    for wait in ["nap", "short"] {
        assert!(recorder.count(&format!("end {wait} SUCCEEDED")) >= 1);
    }
}
