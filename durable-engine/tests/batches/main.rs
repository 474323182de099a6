//! `map` and `parallel`: what they do on the wire, what they return, and that both are the same however an execution is disturbed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;

use std::fmt::Debug;

use common::{Journal, lines, shape};
use durable_engine::{RunError, TestEngine, TestEngineBuilder};
use durable_runtime::prelude::*;
use durable_runtime::{Workflow, WorkflowFn};

mod changed;
mod flat;
mod inside;
mod large;
mod maps;
mod parallels;
mod policies;

/// Fails for names that start with `bad`.
#[step(retry = none)]
async fn work(journal: &Journal, name: &str) -> Result<String> {
    journal.note(name);
    if name.starts_with("bad") {
        Err(Error::msg(format!("{name} failed")))
    } else {
        Ok(name.to_uppercase())
    }
}

type Disturb = fn(TestEngineBuilder) -> TestEngineBuilder;

/// How an execution is disturbed.
const MODES: [(&str, Disturb); 4] = [
    ("resident", |builder| builder),
    ("evicted", TestEngineBuilder::evict_always),
    ("replayed", TestEngineBuilder::replay_every_checkpoint),
    ("crashed", TestEngineBuilder::crash_after_each_checkpoint),
];

/// What one run of a workflow left.
struct Ran<O> {
    mode: &'static str,
    result: Result<O, String>,
    journal: Journal,
    lines: Vec<String>,
    elapsed: Duration,
}

impl<O> Ran<O> {
    /// How many events of the history start like this.
    fn count(&self, start: &str) -> usize {
        let lines = self.lines.iter();
        lines.filter(|line| line.starts_with(start)).count()
    }

    /// Asserts how much virtual time has passed. An invocation that crashed is made again after a while, so there it is anybody's guess.
    fn took(&self, expected: Duration) {
        if self.mode != "crashed" {
            assert_eq!(self.elapsed, expected, "{}", self.mode);
        }
    }

    /// The events of contexts and steps, without their results.
    fn story(&self) -> Vec<String> {
        let told = |line: &&String| line.starts_with("Context") || line.starts_with("Step");
        let lines = self.lines.iter().filter(told);
        lines
            .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect()
    }
}

/// Runs the workflow once in each way. The result must be the same in all, and so must the history where nothing crashes.
async fn in_every_mode<W, A, F, O>(workflow: F, input: impl Fn() -> W::Input) -> Vec<Ran<O>>
where
    W: Workflow<Output = Result<O>>,
    F: WorkflowFn<W, A> + Clone,
    O: Debug + PartialEq,
{
    let mut ran: Vec<Ran<O>> = Vec::new();
    let mut undisturbed = Vec::new();
    for (mode, disturb) in MODES {
        let journal = Journal::default();
        let builder = TestEngine::builder()
            .register(workflow.clone())
            .state(journal.clone());
        let engine = disturb(builder).start().await.unwrap();
        let run = engine
            .start(workflow.clone(), input())
            .id("one")
            .await
            .unwrap();
        let result = match run.result().await {
            Ok(result) => Ok(result),
            Err(RunError::Workflow(error)) => Err(format!("{error:#}")),
            Err(error) => panic!("{mode}: {error}"),
        };
        let history = shape(&run).await;
        match mode {
            "resident" => undisturbed = history,
            "crashed" => {}
            _ => {
                for (event, expected) in history.iter().zip(&undisturbed) {
                    assert_eq!(event, expected, "{mode}");
                }
                assert_eq!(history.len(), undisturbed.len(), "{mode}");
            }
        }
        ran.push(Ran {
            mode,
            result,
            journal,
            lines: lines(&run).await,
            elapsed: engine.elapsed(),
        });
    }
    let first = &ran[0].result;
    for other in &ran[1..] {
        assert_eq!(&other.result, first, "{}", other.mode);
    }
    ran
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
