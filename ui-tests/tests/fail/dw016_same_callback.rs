//! A result that is awaited in two places has two sites.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn approve() -> Result<bool> {
    let callback = create_callback::<bool>().await?;
    let first = callback.result().await?;
    let second = callback.result().await?;
    Ok(first && second)
}

fn main() {}
