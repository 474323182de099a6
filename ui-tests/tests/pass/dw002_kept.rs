//! An operation that is kept and awaited later is not dropped.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<u32> {
    let pause = sleep(Duration::from_secs(1));
    let charged = charge(cents);
    pause.await;
    let _ = charge(1);
    charged.await
}

fn main() {}
