//! The result of a workflow is recorded too.
use durable_runtime::prelude::*;

struct Receipt {
    cents: u32,
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<Receipt> {
    Ok(Receipt { cents })
}

fn main() {}
