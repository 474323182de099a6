//! A step is recorded by a workflow, so a plain `async fn` can not await it.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

async fn helper() -> Result<u32> {
    charge(1).await
}

async fn longer() -> Result<u32> {
    let charged = charge(1).await?;
    Ok(charged + 1)
}

fn main() {}
