//! The name of an inline step or child is its identity.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let name = "order";
    let first = step(name, || async { cents }).await;
    let second = child(name, || async { Ok::<u32, Error>(cents) }).await?;
    Ok(first + second)
}

fn main() {}
