//! Steps and workflows are `async fn`.
use durable_runtime::prelude::*;

#[step]
fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
fn pay(cents: u32) -> Result<u32> {
    charge(cents).await
}

fn main() {}
