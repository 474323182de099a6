//! A step body is no workflow.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step]
async fn charge_all(cents: Vec<u32>) -> Result<u32> {
    let mut total = 0;
    for cents in cents {
        total += charge(cents).await?;
    }
    Ok(total)
}

fn main() {}
