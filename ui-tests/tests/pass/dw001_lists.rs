//! In the macros that hold a list of expressions.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<Vec<u32>> {
    let _ = format!("{} of {cents}", charge(cents).await?);
    let text = format!("{:?}", charge(1).named("formatted").await);
    assert!(charge(2).named("asserted").await.is_ok(), "{text}");
    if matches!(charge(3).named("matched").await, Ok(3)) {
        return Ok(vec![0; charge(4).named("repeated").await? as usize]);
    }
    Ok(vec![1, charge(5).named("listed").await?, 3])
}

fn main() {}
