//! What the closure of `child` returns must be durable.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> Result<u32> {
    Ok(id)
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    child("fetch", || fetch(id)).await
}

fn main() {}
