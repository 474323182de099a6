//! The branches of `try_join!` have one error type.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step]
async fn ship(cents: u32) -> Result<u32, String> {
    Err(cents.to_string())
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let (charged, shipped) = try_join!(charge(cents), ship(cents))?;
    Ok(charged + shipped)
}

fn main() {}
