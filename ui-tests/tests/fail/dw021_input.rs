//! An input that can not be recorded.
use durable_runtime::prelude::*;

struct Order {
    cents: u32,
}

#[durable_workflow]
async fn pay(order: Order) -> Result<u32> {
    Ok(order.cents)
}

fn main() {}
