//! Results that JSON does not give back as they were.
#![deny(deprecated)]
use std::collections::{BTreeMap, BTreeSet, HashMap, HashMap as Map};

use durable_runtime::prelude::*;

#[step]
async fn lookup(sku: &str) -> Result<Option<Option<u32>>> {
    Ok(Some(sku.parse().ok()))
}

#[step]
async fn boxed() -> Vec<Option<Box<Option<u32>>>> {
    Vec::new()
}

#[step]
async fn approved() -> Result<Option<()>> {
    Ok(Some(()))
}

#[step]
async fn distances() -> Result<BTreeMap<(String, String), u32>> {
    Ok(BTreeMap::new())
}

#[step(infallible)]
async fn lists() -> std::result::Result<Map<Vec<u8>, u32>, BTreeMap<BTreeSet<u8>, u32>> {
    Ok(Map::new())
}

#[durable_workflow]
async fn arrays(_: u32) -> Result<(u32, HashMap<[u8; 4], HashMap<Option<String>, u32>>)> {
    Ok((0, HashMap::new()))
}

struct Shop;

impl Shop {
    #[step]
    async fn open(&self) -> Result<Option<Option<u32>>> {
        Ok(None)
    }
}

fn main() {}
