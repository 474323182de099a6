//! What the closure of `map` returns must be durable, and so must what its block awaits.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> Result<u32> {
    Ok(id)
}

#[durable_workflow]
async fn pages(ids: Vec<u32>) -> Result<Vec<u32>> {
    map(&ids, |id| fetch(*id)).await
}

#[durable_workflow]
async fn blocks(ids: Vec<u32>) -> Result<Vec<u32>> {
    map(ids, |id| async move { fetch(id).await }).concurrency(3).await
}

fn main() {}
