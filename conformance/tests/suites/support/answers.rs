//! What the world outside does to a handler that waits for it.

use std::time::Duration;

use durable_engine::TestEngine;
use durable_runtime::{ErrorObject, Workflow, WorkflowFn};
use serde_json::Value;

use super::run::{Around, ends, history};

/// Done in turn, each when the handler has parked.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// An open callback of this name, or any for `*`, gets this result as it is.
    Succeed(&'static str, &'static str),
    /// It succeeds without a result.
    SucceedWithNothing(&'static str),
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
    ends(handler, input, by(acts), expected, Some(result)).await;
}

/// The handler fails with this history when all this is done to it.
pub(crate) async fn fails_when<W: Workflow, A>(
    acts: &[Act],
    handler: impl WorkflowFn<W, A> + Copy,
    input: impl Fn() -> W::Input,
    expected: &str,
) {
    ends(handler, input, by(acts), expected, None).await;
}

fn by(acts: &[Act]) -> Around<'_> {
    Around {
        acts,
        ..Around::default()
    }
}

/// Does these things to the handler.
pub(super) async fn play<W: Workflow>(engine: &TestEngine, acts: &[Act]) {
    let service = engine.service();
    for act in acts {
        match *act {
            Act::Succeed(name, result) => {
                let id = open::<W>(engine, name).await;
                service.succeed_callback(&id, Some(result.to_owned())).await
            }
            Act::SucceedWithNothing(name) => {
                let id = open::<W>(engine, name).await;
                service.succeed_callback(&id, None).await
            }
            Act::Refuse(name) => {
                let id = open::<W>(engine, name).await;
                let error = ErrorObject::new("RejectedError", "not approved");
                service.fail_callback(&id, error).await
            }
            Act::Heartbeat(name) => {
                let id = open::<W>(engine, name).await;
                service.heartbeat_callback(&id).await
            }
            Act::Pass(seconds) => {
                parked::<W, ()>(engine, |_| Some(())).await;
                engine.advance(Duration::from_secs(seconds));
                Ok(())
            }
        }
        .unwrap();
    }
}

/// What is looked for in the history, once the handler waits with it. Nothing before that takes time, so giving way often enough is waiting.
async fn parked<W: Workflow, T>(engine: &TestEngine, found: impl Fn(&[Value]) -> Option<T>) -> T {
    for _ in 0..100_000 {
        let events = history::<W>(engine).await;
        let parked = events.last().unwrap()["EventType"] == "InvocationCompleted";
        if let Some(found) = found(&events).filter(|_| parked) {
            return found;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never parks so: {:#?}", history::<W>(engine).await);
}

/// The id of the first callback of this name that nobody has completed.
async fn open<W: Workflow>(engine: &TestEngine, name: &str) -> String {
    parked::<W, String>(engine, |events| {
        let started = events.iter().find(|event| {
            event["EventType"] == "CallbackStarted"
                && (name == "*" || event["Name"] == name)
                && events
                    .iter()
                    .filter(|other| other["Id"] == event["Id"])
                    .count()
                    == 1
        })?;
        let id = &started["CallbackStartedDetails"]["CallbackId"];
        id.as_str().map(str::to_owned)
    })
    .await
}
