//! Outside a workflow `.direct()` runs a step without durability.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

struct Shop;

impl Shop {
    #[step]
    async fn refund(&self, cents: u32) -> Result<u32> {
        charge(cents).direct().await
    }
}

pub async fn helper() -> Result<u32> {
    let refunded = Shop.refund(1).direct().await?;
    Ok(refunded + charge(2).direct().await?)
}

fn main() {}
