//! Several in one function: one error for each.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

async fn load(id: u32) -> Option<u32> {
    Some(id)
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    let fetched = fetch(id).await;
    let loaded = load(fetched).await.unwrap_or_default();
    tokio::time::sleep(Duration::from_secs(u64::from(loaded))).await;
    Ok(fetched.max(loaded))
}

fn main() {}
