//! In the head, a guard and an arm of a `match`.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> Option<u32> {
    Some(id)
}

async fn is_open(id: u32) -> bool {
    id > 0
}

async fn close(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    Ok(match fetch(id).await {
        Some(found) if is_open(found).await => close(found).await,
        _ => 0,
    })
}

fn main() {}
