//! A float is no key of a map: two of them need not be equal or in order.
use std::collections::{BTreeMap, HashMap};

use durable_runtime::prelude::*;

#[step]
async fn by_price() -> Result<HashMap<f64, u32>> {
    Ok(HashMap::new())
}

#[durable_workflow]
async fn in_order(_: u32) -> Result<BTreeMap<f32, u32>> {
    Ok(BTreeMap::new())
}

fn main() {}
