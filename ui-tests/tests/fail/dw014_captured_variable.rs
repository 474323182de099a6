//! A write to a captured variable is lost on replay.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn count() -> Result<u32> {
    let mut total = 0;
    step("count", || async { total += 1 }).await;
    Ok(total)
}

fn main() {}
