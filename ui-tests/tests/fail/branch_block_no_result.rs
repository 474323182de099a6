//! A block is a branch of `try_join!` only when it gives a result, and one that doesn't is one mistake.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let (charged, _) = try_join!(charge(cents), wait => async {
        sleep(Duration::from_secs(1)).await;
        7
    })?;
    Ok(charged)
}

fn main() {}
