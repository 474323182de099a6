//! What is no branch, and too many of them.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    join!();
    let (first, _) = race!(charge(cents) => first, sleep(Duration::from_secs(1)));
    first
}

fn main() {}
