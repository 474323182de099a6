//! A workflow calls itself, boxed or not.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[durable_workflow]
pub async fn count(number: u32) -> Result<u32> {
    if number == 0 {
        return Ok(0);
    }
    Ok(Box::pin(count(number - 1)).await? + 1)
}

#[durable_workflow]
pub async fn down(number: u32) -> Result<u32> {
    if number == 0 {
        Ok(0)
    } else {
        down(number - 1).await
    }
}

fn main() {}
