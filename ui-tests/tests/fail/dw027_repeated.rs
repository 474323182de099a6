//! An option given twice, and two that contradict each other.
use durable_runtime::prelude::*;

#[step(timeout = "30s", retry = none, timeout = "1m")]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow(fallible, infallible)]
async fn pay(cents: u32) -> Result<u32> {
    Ok(cents)
}

fn main() {}
