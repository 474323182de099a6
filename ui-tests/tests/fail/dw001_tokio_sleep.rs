//! A timer of tokio is forgotten by a crash.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn remind() -> Result<()> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

fn main() {}
