//! In a box, where the box is what a recursive workflow needs.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    Ok(Box::pin(fetch(id)).await)
}

fn main() {}
