//! Values in range.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

const PAUSE: Duration = Duration::ZERO;

#[step(
    name = "Refund the fee",
    timeout = "366 days",
    retry = exponential(max_attempts = 1, initial_delay = "500ms", max_delay = "1h 30m", backoff_rate = 1, jitter = "half"),
)]
async fn refund(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow(name = "pay the bill")]
pub async fn pay(cents: u32) -> Result<u32> {
    sleep(Duration::from_secs(1)).await;
    sleep(Duration::from_hours(366 * 24)).await;
    sleep(PAUSE).await;
    Ok(charge(cents).await? + refund(cents).await?)
}

fn main() {}
