//! The branches of `try_join!` return results.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let (charged, ()) = try_join!(charge(cents), sleep(Duration::from_secs(1)))?;
    Ok(charged)
}

fn main() {}
