//! A macro that nobody can look into can not hold `.await`.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<serde_json::Value> {
    Ok(serde_json::json!({ "charged": charge(cents).await? }))
}

fn main() {}
