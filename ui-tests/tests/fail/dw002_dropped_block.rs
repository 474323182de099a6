//! An `async` block that nobody awaits does nothing.
#![deny(unused_must_use)]
use durable_runtime::prelude::*;

#[durable_workflow]
async fn shop(cents: u32) -> Result<u32> {
    async {
        sleep(Duration::from_secs(1)).await;
    };
    Ok(cents)
}

fn main() {}
