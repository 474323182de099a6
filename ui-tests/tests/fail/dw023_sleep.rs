//! Literal durations are checked.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn remind() -> Result<()> {
    sleep(Duration::from_secs(0)).await;
    sleep(Duration::from_hours(9_000)).await;
    sleep(Duration::ZERO).await;
    Ok(())
}

fn main() {}
