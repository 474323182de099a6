use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use durable_runtime::prelude::*;

static ORDERS: AtomicU64 = AtomicU64::new(0);
static SHOP: OnceLock<u32> = OnceLock::new();

#[durable_workflow]
async fn count() -> Result<u64> {
    ORDERS.fetch_add(1, Ordering::Relaxed);
    let _ = SHOP.set(7);
    Ok(ORDERS.load(Ordering::Relaxed))
}

fn main() {}
