//! In arms that exclude each other one key is one operation.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<u32> {
    let first = if cents > 10 {
        charge(10).await?
    } else if cents > 5 {
        charge(5).await?
    } else {
        charge(cents).await?
    };
    match first {
        0 => step("refund", || async { Ok::<u32, Error>(0) }).await,
        1 => step("refund", || async { Ok::<u32, Error>(1) }).await,
        _ => Ok(first),
    }
}

fn main() {}
