//! Arguments are patterns, and there may be none.
#![deny(warnings)]
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Deserialize, Serialize)]
pub struct Order {
    cents: u32,
    name: String,
}

#[step]
async fn charge(Order { cents, .. }: &Order, mut attempts: u32, _: (u8, u8)) -> Result<u32> {
    attempts += *cents;
    Ok(attempts)
}

#[step]
async fn nothing() {}

#[durable_workflow]
pub async fn pay(Order { cents, name }: Order) -> Result<u32> {
    nothing().await;
    charge(&Order { cents, name }, 1, (2, 3)).await
}

#[durable_workflow]
pub async fn nightly() {
    nothing().await;
}

fn main() {}
