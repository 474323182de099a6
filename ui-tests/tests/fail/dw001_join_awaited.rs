//! `join!`, `try_join!` and `race!` wait by themselves.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn both(id: u32) -> Result<u32> {
    let (first, second) = join!(a => charge(id), b => charge(id)).await;
    Ok(first? + second?)
}

fn main() {}
