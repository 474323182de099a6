//! A result that can not be recorded.
use durable_runtime::prelude::*;

struct Receipt {
    cents: u32,
}

#[step]
async fn charge(cents: u32) -> Receipt {
    Receipt { cents }
}

#[step]
async fn fallible(cents: u32) -> Result<Receipt> {
    Ok(Receipt { cents })
}

fn main() {}
