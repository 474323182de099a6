//! A map's closure runs again on replay, where a write to a captured variable would be lost or repeated.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn count(ids: Vec<u32>) -> Result<u32> {
    let mut seen = 0;
    map(ids, |id| {
        seen += 1;
        async move { id }
    })
    .await;
    Ok(seen)
}

fn main() {}
