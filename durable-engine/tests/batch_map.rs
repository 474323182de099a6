//! `map`: what it does on the wire, and that it does the same however it is disturbed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::{Journal, lines};
use durable_engine::TestEngine;
use durable_runtime::prelude::*;

#[step(retry = none)]
async fn work(journal: &Journal, name: &str) -> Result<String> {
    journal.note(name);
    if name.starts_with("bad") {
        Err(Error::msg(format!("{name} failed")))
    } else {
        Ok(name.to_uppercase())
    }
}

#[durable_workflow]
async fn each(names: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    map(&names, |name| async move { work(journal, name).await }).await
}

#[tokio::test]
async fn basic() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(each)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let names = vec!["a".to_owned(), "b".to_owned()];
    let run = engine.start(each, names).await.unwrap();
    assert_eq!(run.result().await.unwrap(), ["A", "B"]);
    println!("{:#?}", lines(&run).await);
}
