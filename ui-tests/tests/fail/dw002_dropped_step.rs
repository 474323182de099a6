//! A step that nobody awaits does nothing.
#![deny(unused_must_use)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    charge(cents);
    charge(cents).named("second");
    step("third", || async { 3 });
    Ok(cents)
}

fn main() {}
