//! Argument and return types have names.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: impl Into<u32> + Send) -> Result<u32> {
    Ok(cents.into())
}

#[step]
async fn list() -> impl Iterator<Item = u32> {
    0..3
}

#[durable_workflow]
async fn pay(cents: impl Into<u32> + Send) -> Result<u32> {
    Ok(cents.into())
}

fn main() {}
