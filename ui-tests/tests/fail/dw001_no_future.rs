//! What is no future at all gets the same message.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn total(number: u32) -> Result<u32> {
    Ok(number.await)
}

fn main() {}
