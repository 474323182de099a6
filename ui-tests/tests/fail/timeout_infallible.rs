//! A step without an error can not time out.
use durable_runtime::prelude::*;

#[step(timeout = "30s")]
async fn charge(cents: u32) -> u32 {
    cents
}

fn main() {}
