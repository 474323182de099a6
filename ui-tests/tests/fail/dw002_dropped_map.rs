//! A map that nobody awaits does nothing.
#![deny(unused_must_use)]
use durable_runtime::prelude::*;

#[step]
async fn fetch(id: u32) -> Result<u32> {
    Ok(id)
}

#[durable_workflow]
async fn dropped(ids: Vec<u32>) -> Result<()> {
    map(ids, |id| fetch(id)).concurrency(2);
    Ok(())
}

fn main() {}
