//! What the tests of workflows share.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::{Arc, Mutex};

use durable_engine::core::EventDetails;
use durable_engine::{Event, Run, TestEngineBuilder};

/// What really happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    pub(crate) fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until something that begins with this was noted, and gives the rest of it.
    pub(crate) async fn find(&self, start: &str) -> String {
        loop {
            let found = self
                .all()
                .iter()
                .find_map(|noted| noted.strip_prefix(start).map(str::to_owned));
            match found {
                Some(rest) => return rest,
                None => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
            }
        }
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.all().iter().filter(|noted| *noted == what).count()
    }
}

/// The history without what differs from run to run: one line an event.
pub(crate) async fn lines<W>(run: &Run<W>) -> Vec<String> {
    run.history().await.unwrap().iter().map(line).collect()
}

fn line(event: &Event) -> String {
    let json = serde_json::to_value(event).unwrap();
    let name = json["Name"].as_str().unwrap_or("");
    let result = json
        .as_object()
        .unwrap()
        .iter()
        .find(|(key, _)| key.ends_with("Details"))
        .map(|(_, details)| {
            details["Result"]["Payload"]
                .as_str()
                .unwrap_or("")
                .to_owned()
        })
        .unwrap_or_default();
    format!(
        "{} {} {}",
        json["EventType"].as_str().unwrap(),
        name,
        result
    )
    .trim()
    .to_owned()
}

/// The history as JSON, without times and request ids.
pub(crate) async fn shape<W>(run: &Run<W>) -> Vec<String> {
    run.history()
        .await
        .unwrap()
        .into_iter()
        .map(|event| {
            let completed = matches!(event.details, EventDetails::InvocationCompleted { .. });
            let mut json = serde_json::to_value(event).unwrap();
            if completed && let Some(details) = json.get_mut("InvocationCompletedDetails") {
                details["RequestId"] = "".into();
            }
            json.to_string()
        })
        .collect()
}

/// A way to run a test's engine.
pub(crate) type Mode = fn(TestEngineBuilder) -> TestEngineBuilder;

/// Undisturbed, replayed whenever something was written, replayed whenever it waited, and killed after every write.
pub(crate) const MODES: [(&str, Mode); 4] = [
    ("resident", |engine| engine),
    ("evict_always", TestEngineBuilder::evict_always),
    (
        "replay_every_checkpoint",
        TestEngineBuilder::replay_every_checkpoint,
    ),
    (
        "crash_after_each_checkpoint",
        TestEngineBuilder::crash_after_each_checkpoint,
    ),
];
