//! A result that can be written and not read.
use durable_runtime::prelude::*;

#[derive(serde::Serialize)]
struct Receipt {
    cents: u32,
}

#[step]
async fn charge(cents: u32) -> Result<Vec<Receipt>> {
    Ok(vec![Receipt { cents }])
}

fn main() {}
