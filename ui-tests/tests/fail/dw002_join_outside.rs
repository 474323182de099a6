//! The combinators work inside a workflow only.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

async fn helper() -> Result<u32> {
    let (first, second) = join!(charge(1), charge(2));
    Ok(first? + second?)
}

fn main() {}
