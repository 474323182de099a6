//! What the closure of `branch` returns must be durable.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> Result<u32> {
    Ok(id)
}

#[durable_workflow]
async fn pages() -> Result<Vec<u32>> {
    parallel([branch(|| fetch(1))]).await
}

fn main() {}
