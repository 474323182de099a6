//! A step with a timeout has an error that can say so.
use durable_runtime::prelude::*;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

#[step(timeout = "30s")]
async fn charge(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let refunded = refund(cents).timeout(Duration::from_secs(1)).await;
    refunded.map_err(Error::msg)
}

#[step]
async fn refund(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}

fn main() {}
