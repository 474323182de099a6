//! Attributes and parameters that mean something elsewhere.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32, cx: &StepContext) -> Result<u32> {
    Ok(cents + cx.attempt())
}

#[step]
async fn refund(#[state] clients: &str) -> Result<String> {
    Ok(clients.to_owned())
}

fn main() {}
