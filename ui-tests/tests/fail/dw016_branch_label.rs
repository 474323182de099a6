//! A branch has a key that tells it from the others.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let (first, second) = join!(
        async { cents },
        same => charge(1),
        same => sleep(Duration::from_secs(1)),
    );
    Ok(first + second?)
}

fn main() {}
