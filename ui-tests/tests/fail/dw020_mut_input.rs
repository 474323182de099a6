//! A workflow can not change what its caller owns.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn pay(cents: &mut u32) -> Result<u32> {
    *cents += 1;
    Ok(*cents)
}

fn main() {}
