//! A workflow awaited by another one is a child.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<u32> {
    charge(cents).await
}

#[durable_workflow]
pub async fn shop(cents: u32) -> Result<u32> {
    let paid = pay(cents).await?;
    let (again, boxed) = try_join!(pay(1).named("again"), Box::pin(pay(2)).named("boxed"))?;
    Ok(paid + again + boxed)
}

fn main() {}
