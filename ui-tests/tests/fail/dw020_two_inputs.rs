//! A workflow takes one input.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn pay(cents: u32, currency: String, #[state] rate: u32) -> Result<String> {
    Ok(format!("{}{currency}", cents * rate))
}

fn main() {}
