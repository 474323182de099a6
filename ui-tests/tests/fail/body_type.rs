//! A body of the wrong type is reported where it stands.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    cents
}

#[step]
async fn ship(cents: u32) -> u32 {
    cents.to_string()
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<String> {
    let charged = charge(cents).await?;
    Ok(charged)
}

fn main() {}
