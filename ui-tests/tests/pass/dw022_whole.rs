//! Results that JSON gives back as they were.
#![deny(warnings)]
use std::collections::{BTreeMap, HashMap, HashSet};

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Sku(String);

#[derive(Debug, Serialize, Deserialize)]
enum Stock {
    Unknown,
    Counted(Option<u32>),
}

#[step]
async fn lookup(sku: &str) -> Result<Option<Stock>> {
    Ok(match sku.len() {
        0 => None,
        1 => Some(Stock::Unknown),
        _ => Some(Stock::Counted(sku.parse().ok())),
    })
}

#[step]
async fn counts() -> Result<(HashMap<String, u32>, BTreeMap<u64, Option<u32>>)> {
    Ok(<_>::default())
}

#[step]
async fn by_newtype() -> Result<HashMap<Sku, Vec<Option<u32>>>> {
    Ok(HashMap::from([(Sku("a".to_owned()), Vec::new())]))
}

#[step]
async fn distances() -> Result<Vec<((String, String), u32)>> {
    Ok(Vec::new())
}

#[durable_workflow]
async fn pairs(_: u32) -> Result<HashSet<(u32, u32)>> {
    Ok(HashSet::new())
}

mod own {
    use durable_runtime::prelude::*;
    use serde::{Deserialize, Serialize};

    /// A list of pairs, in spite of its name.
    #[derive(Debug, Serialize, Deserialize)]
    pub struct HashMap<K, V>(Vec<(K, V)>);

    #[step]
    pub async fn distances() -> Result<HashMap<(u32, u32), u32>> {
        Ok(HashMap(Vec::new()))
    }
}

#[allow(deprecated, reason = "it is always empty")]
#[step]
async fn knowingly() -> Result<HashMap<(u32, u32), u32>> {
    Ok(HashMap::new())
}

#[durable_workflow]
#[allow(deprecated, reason = "nobody tells the two apart")]
async fn knowingly_too() -> Result<Option<Option<u32>>> {
    let _ = (lookup("a").await?, counts().await?, by_newtype().await?, distances().await?);
    let _ = (own::distances().named("own").await?, knowingly().await?);
    Ok(None)
}

fn main() {
    let _ = (pairs, knowingly_too);
}
