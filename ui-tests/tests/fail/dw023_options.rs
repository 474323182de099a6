//! Numbers and durations in options are checked.
use durable_runtime::prelude::*;

#[step(retry = exponential(max_attempts = 0, initial_delay = "0s", max_delay = "2 years", backoff_rate = 0.0))]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step(timeout = "soon")]
async fn refund(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step(timeout = "400 days")]
async fn ship(cents: u32) -> Result<u32> {
    Ok(cents)
}

fn main() {}
