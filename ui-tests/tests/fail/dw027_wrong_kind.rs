//! A value of the wrong kind.
use durable_runtime::prelude::*;

#[step(
    timeout = 30,
    semantics = "once",
    retry = 3,
    retry_if = "path",
    fallible = true,
    name
)]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step("charge")]
async fn refund(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step(retry = exponential)]
async fn ship(cents: u32) -> Result<u32> {
    Ok(cents)
}

fn main() {}
