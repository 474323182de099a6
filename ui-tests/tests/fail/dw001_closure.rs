//! In a closure and in `async` blocks.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

async fn count(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    let later = |id: u32| async move { fetch(id).await };
    let total = child("total", || async { Ok::<u32, Error>(count(id).await) }).await?;
    Ok(later(id).await + total)
}

fn main() {}
