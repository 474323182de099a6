//! Sagas: a workflow that fails undoes what it did, in every mode the same, and across crashes in the middle of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;

use common::Journal;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// Not `Clone`: what a compensation gets is read from the record.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Booking {
    what: String,
}

#[step]
async fn book(journal: &Journal, what: &str) -> Result<Booking> {
    journal.note(format!("book {what}"));
    Ok(Booking { what: what.into() })
}

#[step]
async fn note(journal: &Journal, what: &str) {
    journal.note(what);
}

#[step(retry = none)]
async fn refuse(journal: &Journal, why: &str) -> Result<Booking> {
    journal.note("refuse");
    Err(Error::with_type("Refused", why).with_data(&42))
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "10s", jitter = "none"))]
async fn cancel(cx: &StepContext, journal: Journal, booking: Booking) -> Result<()> {
    let Booking { what } = booking;
    let attempt = cx.attempt();
    journal.note(format!("cancel {what} {attempt}"));
    match &*what {
        "stubborn" => Err(Error::with_type("Stubborn", "no way")),
        "slow" if attempt < 3 => Err(Error::msg("not yet")),
        "panicky" => panic!("boom"),
        _ => Ok(()),
    }
}

#[step(retry = none)]
async fn typed_cancel(_booking: Booking) -> Result<(), String> {
    panic!("there is no room for this in a String")
}

fn undone(journal: &Journal) -> Vec<String> {
    let all = journal.all().into_iter();
    let mut undone: Vec<_> = all.filter(|noted| noted.starts_with("cancel")).collect();
    // An attempt that a crash cut off is made again.
    undone.dedup();
    undone
}

macro_rules! failing {
    ($set:expr, $workflow:path, $input:expr) => {{
        let journal = Journal::default();
        let engine = TestEngine::builder()
            .register($workflow)
            .state(journal.clone());
        let engine = $set(engine).start().await.unwrap();
        let run = engine.start($workflow, $input).id("one").await.unwrap();
        let error = match run.result().await.unwrap_err() {
            RunError::Workflow(error) => error,
            other => panic!("{other:?}: {:?}", lines(&run).await),
        };
        (error, undone(&journal), journal, engine, run)
    }};
}

mod batches;
mod crashes;
mod order;
mod parts;
