//! Two ids or random values need an id each.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn values() -> Result<String> {
    let first = uuid();
    let second = uuid();
    let number: u32 = random();
    let another = random::<u64>();
    Ok(format!("{first} {second} {number} {another}"))
}

fn main() {}
