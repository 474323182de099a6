//! A workflow is started by a host or awaited by another workflow.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    Ok(cents)
}

async fn helper() -> Result<u32> {
    pay(1).await
}

fn main() {}
