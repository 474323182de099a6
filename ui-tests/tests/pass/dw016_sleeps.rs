//! Sleeps carry no value, so they may repeat.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[durable_workflow]
pub async fn remind() -> Result<()> {
    sleep(Duration::from_secs(1)).await;
    sleep(Duration::from_hours(24)).await;
    let until = now().await;
    sleep_until(until.into()).await;
    sleep_until(until.into()).await;
    for _ in 0..3 {
        sleep(Duration::from_secs(2)).await;
    }
    Ok(())
}

fn main() {}
