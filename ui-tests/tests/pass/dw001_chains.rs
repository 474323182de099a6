//! Through `?`, parentheses, references, chains and boxes.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step]
async fn name(cents: u32) -> Result<String> {
    Ok(cents.to_string())
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<String> {
    let pending = charge(cents);
    let text = name((pending).await?).await?.trim().to_owned();
    let boxed = Box::pin(charge(cents)).await?;
    Ok(text + &boxed.to_string())
}

fn main() {}
