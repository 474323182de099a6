//! A step with a name, a key or a retry strategy of its own.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

async fn helper() -> Result<u32> {
    let first = charge(1).named("first").await?;
    let second = charge(2).keyed(2).retry(NoRetry).await?;
    Ok(first + second)
}

fn main() {}
