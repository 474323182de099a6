//! Sleeps, `now` and inline operations outside a workflow.
use durable_runtime::prelude::*;

async fn helper() -> Result<u32> {
    sleep(Duration::from_secs(1)).await;
    let _today = now().await;
    let one = step("one", || async { 1 }).await;
    let two = child("two", || charge(2)).await?;
    Ok(one + two)
}

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

fn main() {}
