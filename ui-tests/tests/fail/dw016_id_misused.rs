//! `#[id]` names the one operation of its statement.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    #[id("none")]
    let total = cents + 1;
    #[id("both")]
    let sum = charge(total).named("x").await? + charge(1).await?;
    #[id(total)]
    charge(2).named("y").await?;
    #[id]
    charge(3).named("z").await?;
    #[id("block")]
    {
        charge(4).named("block").await?;
    }
    match sum {
        #[id("arm")]
        0 => charge(5).named("zero").await,
        _ => Ok(sum),
    }
}

fn main() {}
