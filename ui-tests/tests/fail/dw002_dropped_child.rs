//! A child that nobody awaits does not run.
#![deny(unused_must_use)]
use durable_runtime::prelude::*;

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn shop(cents: u32) -> Result<u32> {
    pay(cents);
    child("again", || pay(cents));
    Ok(cents)
}

fn main() {}
