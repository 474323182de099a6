//! Two operations whose value somebody reads can not share a key.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let order = charge(cents).await?;
    let fee = charge(1).await?;
    Ok(order + fee)
}

fn main() {}
