//! Two combinators of one kind need an id.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let (a, b) = join!(charge(1).named("a"), charge(2).named("b"));
    let (c, d) = join!(charge(3).named("c"), charge(4).named("d"));
    Ok(a? + b? + c? + d? + cents)
}

fn main() {}
