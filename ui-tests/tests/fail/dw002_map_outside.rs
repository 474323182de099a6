//! A map does nothing outside a workflow.
use durable_runtime::prelude::*;

#[step]
async fn fetch(id: u32) -> Result<u32> {
    Ok(id)
}

async fn outside(ids: Vec<u32>) {
    let _ = map(ids, fetch).await;
}

fn main() {
    let _ = outside(Vec::new());
}
