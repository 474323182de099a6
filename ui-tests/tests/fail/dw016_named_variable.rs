//! A name that is made at run time is no identity.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let name = "order";
    charge(cents).named(name).await
}

fn main() {}
