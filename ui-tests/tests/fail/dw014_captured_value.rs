//! An inline step can run again, so it can not use up what it captures.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn consume(names: Vec<String>) -> Result<u32> {
    let count = step("count", || async move { names.into_iter().count() }).await;
    Ok(u32::try_from(count)?)
}

fn main() {}
