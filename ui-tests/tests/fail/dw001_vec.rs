//! In `vec!` and `assert!`.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

async fn is_open(id: u32) -> bool {
    id > 0
}

#[durable_workflow]
async fn report(id: u32) -> Result<Vec<u32>> {
    assert!(is_open(id).await);
    Ok(vec![1, fetch(id).await, 3])
}

fn main() {}
