//! A plain `async fn` is not durable.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    let fetched = fetch(id).await;
    Ok(fetched + 1)
}

fn main() {}
