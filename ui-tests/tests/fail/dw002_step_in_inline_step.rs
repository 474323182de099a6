//! The body of an inline step is no workflow either.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    step("outer", || async { charge(cents).await }).await
}

fn main() {}
