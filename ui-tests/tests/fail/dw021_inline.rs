//! The result of an inline step and of an inline child.
use durable_runtime::prelude::*;

struct Receipt {
    cents: u32,
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let charged = step("charge", || async { Receipt { cents } }).await;
    let sent = child("send", || async { Receipt { cents } }).await;
    Ok(charged.cents + sent.cents)
}

fn main() {}
