//! What the world outside does to a handler that waits for it.

use std::time::Duration;

use durable_engine::TestEngine;
use durable_runtime::{ErrorObject, Workflow, WorkflowFn};
use serde_json::Value;

use super::run::{ends, history};

/// Done in turn, each when the handler has parked.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// An open callback of this name, or any for `*`, gets this result as it is.
    Succeed(&'static str, &'static str),
    /// It fails as the suite lets it fail.
    Refuse(&'static str),
    /// Whoever is to complete it is still at it.
    Heartbeat(&'static str),
    /// So many seconds pass.
    Pass(u64),
}

/// The handler succeeds with this history and this result when all this is done to it.
pub(crate) async fn succeeds_when<W: Workflow, A>(
    acts: &[Act],
    handler: impl WorkflowFn<W, A> + Copy,
    input: impl Fn() -> W::Input,
    expected: &str,
    result: &str,
) {
    ends(handler, input, acts, expected, Some(result)).await;
}

/// The handler fails with this history when all this is done to it.
pub(crate) async fn fails_when<W: Workflow, A>(
    acts: &[Act],
    handler: impl WorkflowFn<W, A> + Copy,
    input: impl Fn() -> W::Input,
    expected: &str,
) {
    ends(handler, input, acts, expected, None).await;
}

/// Does these things to the handler.
pub(super) async fn play<W: Workflow>(engine: &TestEngine, acts: &[Act]) {
    let service = engine.service();
    for act in acts {
        let events = parked::<W>(engine).await;
        match *act {
            Act::Succeed(name, result) => {
                let result = Some(result.to_owned());
                service.succeed_callback(&open(&events, name), result).await
            }
            Act::Refuse(name) => {
                let error = ErrorObject::new("RejectedError", "not approved");
                service.fail_callback(&open(&events, name), error).await
            }
            Act::Heartbeat(name) => service.heartbeat_callback(&open(&events, name)).await,
            Act::Pass(seconds) => {
                engine.advance(Duration::from_secs(seconds));
                Ok(())
            }
        }
        .unwrap();
    }
}

/// The history when the handler waits. Nothing before that takes time, so giving way often enough is waiting.
async fn parked<W: Workflow>(engine: &TestEngine) -> Vec<Value> {
    for _ in 0..100_000 {
        let events = history::<W>(engine).await;
        if events.last().unwrap()["EventType"] == "InvocationCompleted" {
            return events;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never parks: {:#?}", history::<W>(engine).await);
}

/// The id of the first callback of this name that nobody has completed.
fn open(events: &[Value], name: &str) -> String {
    let started = events.iter().find(|event| {
        event["EventType"] == "CallbackStarted"
            && (name == "*" || event["Name"] == name)
            && events
                .iter()
                .filter(|other| other["Id"] == event["Id"])
                .count()
                == 1
    });
    let started = started.unwrap_or_else(|| panic!("no callback {name} is open: {events:#?}"));
    let id = &started["CallbackStartedDetails"]["CallbackId"];
    id.as_str().unwrap().to_owned()
}
