use std::panic;

use durable_runtime::prelude::*;

#[step]
async fn risky() -> Result<u32> {
    Ok(1)
}

#[durable_workflow]
async fn careful() -> Result<()> {
    let _ = panic::catch_unwind(|| async { risky().await });
    Ok(())
}

fn main() {}
