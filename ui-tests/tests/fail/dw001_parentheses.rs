//! In parentheses and behind a reference.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    let mut pending = std::pin::pin!(fetch(id));
    let first = (fetch(id)).await;
    let second = (&mut pending).await;
    Ok(first + second)
}

fn main() {}
