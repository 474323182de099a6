//! An option that nothing resembles.
use durable_runtime::prelude::*;

#[step(color = "red")]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow(retry = none)]
async fn pay(cents: u32) -> Result<u32> {
    Ok(cents)
}

fn main() {}
