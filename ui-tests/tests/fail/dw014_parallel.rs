//! So is a branch's.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn count() -> Result<u32> {
    let mut seen = 0;
    parallel([
        branch(|| {
            seen += 1;
            async move { 1 }
        }),
        branch(|| async move { 2 }).named("other"),
    ])
    .await;
    Ok(seen)
}

fn main() {}
