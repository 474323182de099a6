//! One of each value function needs no id.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[durable_workflow]
pub async fn values() -> Result<String> {
    let id = uuid();
    let number: u32 = random();
    let below = rng().below(6);
    Ok(format!("{id} {number} {below}"))
}

fn main() {}
