//! Running a handler in each of the engine's ways, which must leave one and the same history.

use std::sync::Arc;

use conformance::handlers::invoke::{target_echo, target_echo_tenant, target_error};
use conformance::handlers::plugin::dump::Dump;
use conformance::handlers::plugin::records::{Faulty, Records};
use conformance::{Outside, Targets};
use durable_engine::core::EventDetails;
use durable_engine::{Event, ExecutionStatus, TestEngine, TestEngineBuilder};
use durable_runtime::wire::OperationType;
use durable_runtime::{Workflow, WorkflowFn};
use serde_json::Value;
use tokio::sync::Notify;

use super::answers::{Act, play};
use super::{logs, matcher};

type Set = fn(TestEngineBuilder) -> TestEngineBuilder;

/// How an engine goes on with a workflow that was parked.
const WAYS: [(&str, Set); 3] = [
    ("replayed", TestEngineBuilder::evict_always),
    ("resident", |engine| engine),
    (
        "replayed at every checkpoint",
        TestEngineBuilder::replay_every_checkpoint,
    ),
];

/// The handler succeeds with this history and this result. Its logs are those of the first run, which replays wherever Lambda would.
pub(crate) async fn succeeds<W: Workflow, A>(
    handler: impl WorkflowFn<W, A> + Copy,
    input: impl Fn() -> W::Input,
    expected: &str,
    result: &str,
) {
    ends(handler, input, Around::default(), expected, Some(result)).await;
}

/// The handler fails with this history.
pub(crate) async fn fails<W: Workflow, A>(
    handler: impl WorkflowFn<W, A> + Copy,
    input: impl Fn() -> W::Input,
    expected: &str,
) {
    ends(handler, input, Around::default(), expected, None).await;
}

/// The handler ends with this history, and this result if it succeeds, while plugins watch it: one that panics in each hook, and those that print.
pub(crate) async fn watched<W: Workflow, A>(
    handler: impl WorkflowFn<W, A> + Copy,
    input: impl Fn() -> W::Input,
    expected: &str,
    result: Option<&str>,
) {
    let watched = Around {
        watched: true,
        ..Around::default()
    };
    ends(handler, input, watched, expected, result).await;
}

/// What is around a handler.
#[derive(Clone, Copy, Default)]
pub(super) struct Around<'a> {
    /// What is done to it.
    pub(super) acts: &'a [Act],
    /// Plugins watch it.
    pub(super) watched: bool,
}

pub(super) async fn ends<W: Workflow, A>(
    handler: impl WorkflowFn<W, A> + Copy,
    input: impl Fn() -> W::Input,
    around: Around<'_>,
    expected: &str,
    result: Option<&str>,
) {
    logs::record();
    let mut first: Option<Vec<Value>> = None;
    for (way, set) in WAYS {
        let _logs = logs::hold(first.is_some());
        let engine = set(TestEngine::builder())
            .register(handler)
            .register(target_echo)
            .register(target_echo_tenant)
            .register(target_error)
            .state(Outside::process())
            .state(Targets::workflows());
        let engine = match around.watched {
            true => with_plugins(engine),
            false => engine,
        };
        let engine = engine.start().await.unwrap();
        let run = engine.start(handler, input()).id("one").await.unwrap();
        play::<W>(&engine, around.acts).await;
        // How it ended is in its record; a handler that is to fail gives an error here.
        let _ = run.output().await;
        let events = history::<W>(&engine).await;
        verify(&events, expected, way);
        verify_end::<W>(&engine, &events, result).await;
        let plain = without_request_ids(events);
        let first = first.get_or_insert_with(|| plain.clone());
        assert_eq!(*first, plain, "{way}: not the history of the first way");
    }
}

fn with_plugins(engine: TestEngineBuilder) -> TestEngineBuilder {
    engine
        .plugin(Faulty)
        .plugin(Records::named("CONFPLUGIN"))
        .plugin(Dump::of(OperationType::Step))
        .plugin(Dump::of(OperationType::Wait))
        .plugin(Dump::of(OperationType::Context))
}

/// The handler is started and parks with this history; nobody waits for its end.
pub(crate) async fn started<W: Workflow, A>(
    handler: impl WorkflowFn<W, A> + Copy,
    input: W::Input,
    expected: &str,
) {
    let engine = TestEngine::builder()
        .register(handler)
        .start()
        .await
        .unwrap();
    engine.start(handler, input).id("one").await.unwrap();
    let events = until::<W>(&engine, |event| {
        matches!(event, EventDetails::InvocationCompleted { .. })
    })
    .await;
    verify(&events, expected, "started");
    let record = engine.find(W::DEFINITION.name(), "one").await.unwrap();
    assert_eq!(record.unwrap().status, ExecutionStatus::Running);
}

/// The engine is killed where the handler would end its process, and the next one goes on to this history and result.
pub(crate) async fn interrupted<W: Workflow, A>(
    handler: impl WorkflowFn<W, A> + Copy,
    input: W::Input,
    expected: &str,
    result: Option<&str>,
) {
    logs::record();
    let killer = Arc::new(Notify::new());
    let outside = Outside::test(Arc::clone(&killer));
    let engine = TestEngine::builder()
        .register(handler)
        .state(outside.clone());
    let engine = engine.start().await.unwrap();
    engine.start(handler, input).id("one").await.unwrap();
    killer.notified().await;
    // The start of the step is on its way while its body runs.
    until::<W>(&engine, |event| {
        matches!(event, EventDetails::StepStarted { .. })
    })
    .await;

    let engine = engine.crash().register(handler).state(outside).start();
    let engine = engine.await.unwrap();
    let run = engine.run(handler, "one").await.unwrap();
    let _ = run.output().await;

    let events = history::<W>(&engine).await;
    verify(&events, expected, "interrupted");
    verify_end::<W>(&engine, &events, result).await;
}

/// The history, as soon as it has such an event. Nothing in it takes time, so giving way often enough is waiting.
async fn until<W: Workflow>(
    engine: &TestEngine,
    is_there: impl Fn(&EventDetails) -> bool,
) -> Vec<Value> {
    for _ in 0..100_000 {
        let record = engine.find(W::DEFINITION.name(), "one").await.unwrap();
        let events = engine.history(&record.unwrap().arn).await.unwrap();
        if events.iter().any(|event| is_there(&event.details)) {
            return events.iter().map(wire).collect();
        }
        tokio::task::yield_now().await;
    }
    panic!("the event never came: {:#?}", history::<W>(engine).await);
}

pub(super) async fn history<W: Workflow>(engine: &TestEngine) -> Vec<Value> {
    let record = engine.find(W::DEFINITION.name(), "one").await.unwrap();
    let events = engine.history(&record.unwrap().arn).await.unwrap();
    events.iter().map(wire).collect()
}

/// As it goes over the wire, from where it reads back as it was.
fn wire(event: &Event) -> Value {
    let json = serde_json::to_value(event).unwrap();
    assert_eq!(
        serde_json::from_value::<Event>(json.clone()).unwrap(),
        *event
    );
    json
}

/// The histories are written to this folder, for `conformance/check-yaml` to hold against AWS's own requirements.
const KEEP: &str = "CONFORMANCE_HISTORIES";

fn keep(events: &[Value], way: &str) {
    let Some(folder) = std::env::var_os(KEEP) else {
        return;
    };
    // The test harness names a test's thread after the test: `step::step_1_1`.
    let thread = std::thread::current();
    let test = thread.name().unwrap().rsplit("::").next().unwrap();
    let file = format!("{test} {way}.json");
    let history = serde_json::to_string_pretty(events).unwrap();
    std::fs::write(std::path::Path::new(&folder).join(file), history).unwrap();
}

fn verify(events: &[Value], expected: &str, way: &str) {
    keep(events, way);
    if let Err(why) = matcher::check(events, expected) {
        let history: Vec<String> = events.iter().map(Value::to_string).collect();
        panic!("{way}: {why}\n{}", history.join("\n"));
    }
}

/// The first and the last event are the execution's own, and agree with its record.
async fn verify_end<W: Workflow>(engine: &TestEngine, events: &[Value], result: Option<&str>) {
    let record = engine
        .find(W::DEFINITION.name(), "one")
        .await
        .unwrap()
        .unwrap();
    let (start, end) = (&events[0], &events[events.len() - 1]);
    assert_eq!(start["EventType"], "ExecutionStarted");
    let input = &start["ExecutionStartedDetails"]["Input"];
    assert_eq!(input["Payload"].as_str(), record.input.as_deref());
    assert!(start["ExecutionStartedDetails"]["ExecutionTimeout"].is_u64());
    match result {
        Some(result) => {
            assert_eq!(record.status, ExecutionStatus::Succeeded);
            assert_eq!(record.result.as_deref(), Some(result));
            assert_eq!(end["EventType"], "ExecutionSucceeded");
            assert_eq!(
                end["ExecutionSucceededDetails"]["Result"]["Payload"],
                result
            );
        }
        None => {
            assert_eq!(record.status, ExecutionStatus::Failed);
            assert_eq!(end["EventType"], "ExecutionFailed");
            let error = &end["ExecutionFailedDetails"]["Error"]["Payload"];
            assert!(error["ErrorType"].is_string() && error["ErrorMessage"].is_string());
            assert_eq!(*error, serde_json::to_value(record.error).unwrap());
        }
    }
}

/// What the three ways must agree on: all but the numbers of their invocations.
fn without_request_ids(mut events: Vec<Value>) -> Vec<Value> {
    for event in &mut events {
        if let Some(details) = event.get_mut("InvocationCompletedDetails") {
            details["RequestId"] = Value::Null;
        }
    }
    events
}
