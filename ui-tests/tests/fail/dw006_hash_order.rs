//! Operations in the order of a hash map or set.
#![deny(deprecated)]
use std::collections::{HashMap, HashSet};

use durable_runtime::prelude::*;

#[step]
async fn ship(sku: &str) -> Result<u32> {
    Ok(sku.len() as u32)
}

struct Order {
    lines: HashMap<String, u32>,
}

async fn _not_a_workflow(lines: HashMap<String, u32>) {
    for _ in lines {}
}

#[durable_workflow]
async fn by_reference(mut lines: HashMap<String, u32>) -> Result<u32> {
    for (sku, _) in &lines {
        ship(sku).await?;
    }
    for (sku, count) in &mut lines {
        *count += ship(sku).named("second").await?;
    }
    for (sku, _) in lines {
        ship(&sku).named("third").await?;
    }
    Ok(0)
}

#[durable_workflow]
async fn by_iterator(mut skus: HashSet<String>) -> Result<u32> {
    let order = Order {
        lines: HashMap::new(),
    };
    for sku in order.lines.keys() {
        ship(sku).await?;
    }
    for count in order.lines.values().copied() {
        sleep(Duration::from_secs(u64::from(count))).await;
    }
    for (_, sku) in skus
        .iter()
        .filter(|sku| !sku.is_empty())
        .enumerate()
        .skip(1)
    {
        ship(sku).named("filtered").await?;
    }
    for (sku, _) in skus.iter().map(|sku| sku.trim()).zip(0..) {
        ship(sku).named("trimmed").await?;
    }
    for sku in skus.drain() {
        ship(&sku).named("drained").await?;
    }
    Ok(0)
}

#[durable_workflow]
async fn by_map(skus: HashSet<String>) -> Result<Vec<u32>> {
    map(&skus, |sku| async move { ship(sku).await })
        .named("by reference")
        .await?;
    map(skus.into_iter().take(3), |sku, _| async move {
        ship(&sku).named("by value").await
    })
    .await
}

fn main() {}
