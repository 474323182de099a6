//! A value that is bound first is fine in any macro.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<serde_json::Value> {
    let charged = charge(cents).await?;
    let fetched = step("fetch", || async {
        tokio::join!(async { 1 }, async { 2 }).0
    })
    .await;
    Ok(serde_json::json!({ "charged": charged, "fetched": fetched, "await": "no await" }))
}

fn main() {}
