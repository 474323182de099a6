//! Names are 1 to 256 printable ASCII characters.
use durable_runtime::prelude::*;

#[step(name = "")]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow(name = "größe")]
async fn pay(cents: u32) -> Result<u32> {
    #[id("a\tb")]
    let first = charge(cents).await?;
    let second = charge(1).named("").await?;
    let third = step("é", || async { 1 }).await;
    Ok(first + second + third)
}

fn main() {}
