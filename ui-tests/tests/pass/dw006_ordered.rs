//! What has an order, and hash maps around which nothing happens.
#![deny(warnings)]
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use durable_runtime::prelude::*;

#[step]
async fn ship(sku: &str) -> Result<u32> {
    Ok(sku.len() as u32)
}

#[step]
async fn skus() -> Result<Vec<String>> {
    Ok(Vec::new())
}

#[durable_workflow]
async fn ordered(lines: BTreeMap<String, u32>) -> Result<u32> {
    for (sku, _) in &lines {
        ship(sku).await?;
    }
    for sku in lines.keys().cloned().collect::<BTreeSet<_>>() {
        ship(&sku).named("second").await?;
    }
    for sku in skus().await? {
        ship(&sku).named("third").await?;
    }
    for sku in &["a", "b"] {
        ship(sku).named("fourth").await?;
    }
    for seconds in 1..=3 {
        sleep(Duration::from_secs(seconds)).await;
    }
    map(
        lines.keys(),
        |sku| async move { ship(sku).named("fifth").await },
    )
    .await?;
    Ok(0)
}

#[durable_workflow]
async fn sorted(lines: HashMap<String, u32>) -> Result<u32> {
    let mut skus: Vec<_> = lines.into_keys().collect();
    skus.sort();
    for sku in &skus {
        ship(sku).await?;
    }
    Ok(0)
}

#[durable_workflow]
async fn without_operation(lines: HashMap<String, u32>) -> Result<u32> {
    let known: HashSet<String> = lines.keys().cloned().collect();
    let mut sum = 0;
    for (sku, count) in &lines {
        if known.contains(sku) {
            sum += count;
        }
    }
    ship("all").await?;
    Ok(sum)
}

/// A temporary in the head lives as long as the loop.
#[durable_workflow]
async fn temporaries(skus: Vec<String>) -> Result<u32> {
    for sku in skus.clone().iter().rev() {
        ship(sku).await?;
    }
    let cell = RefCell::new(skus);
    for sku in cell.take().iter_mut() {
        ship(sku).named("taken").await?;
    }
    Ok(0)
}

#[durable_workflow]
async fn generic<I>(skus: I) -> Result<u32>
where
    I: IntoIterator<Item = String, IntoIter: Send> + Send,
{
    for sku in skus {
        ship(&sku).await?;
    }
    Ok(0)
}

#[allow(deprecated, reason = "one entry at most")]
#[durable_workflow]
async fn knowingly(lines: HashMap<String, u32>) -> Result<u32> {
    for (sku, _) in &lines {
        ship(sku).await?;
    }
    Ok(0)
}

fn main() {}
