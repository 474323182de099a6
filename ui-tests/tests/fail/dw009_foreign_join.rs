//! The combinators of others.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let (first, second) = tokio::join!(async { charge(cents).await }, async { 1 });
    Ok(first? + second)
}

fn main() {}
