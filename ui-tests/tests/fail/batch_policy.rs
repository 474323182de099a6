//! What a batch gives that ends at the first failure can't be asked what became of each item.
use durable_runtime::prelude::*;

#[step]
async fn fetch(id: u32) -> Result<u32> {
    Ok(id)
}

#[durable_workflow]
async fn pages(ids: Vec<u32>) -> Result<Vec<u32>> {
    map(ids, |id| fetch(id)).tolerate_failures(2).await
}

fn main() {}
