//! The text of these gives no key.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let mut pending = vec![charge(cents)];
    let first = pending.remove(0);
    let calls = [charge(1), charge(2)];
    let total = async { cents }.await;
    let chosen = if cents > 1 { charge(cents) } else { first }.await?;
    let called = (|cents| charge(cents))(cents).await?;
    Ok(total + chosen + called + calls[0].await?)
}

fn main() {}
