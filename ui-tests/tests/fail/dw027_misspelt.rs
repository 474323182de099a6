//! A misspelt option.
use durable_runtime::prelude::*;

#[step(timout = "30s")]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step(retry = exponential(max_attemps = 3))]
async fn refund(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow(on_divergance = "fail")]
async fn pay(cents: u32) -> Result<u32> {
    Ok(cents)
}

fn main() {}
