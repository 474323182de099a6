//! What an item returns is recorded.
use durable_runtime::prelude::*;

struct Handle(u32);

#[durable_workflow]
async fn handles(ids: Vec<u32>) -> Result<usize> {
    let handles = map(ids, |id| async move { Handle(id) }).await;
    Ok(handles.len())
}

fn main() {}
