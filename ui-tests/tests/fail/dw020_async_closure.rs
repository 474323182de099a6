//! An `async` closure can not be looked into.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let later = async |seconds| {
        sleep(Duration::from_secs(seconds)).await;
        cents
    };
    Ok(later(1).await)
}

fn main() {}
