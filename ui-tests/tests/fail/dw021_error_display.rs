//! An error has a message.
use durable_runtime::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Declined;

#[step]
async fn charge(cents: u32) -> Result<u32, Declined> {
    if cents > 1 { Err(Declined) } else { Ok(cents) }
}

fn main() {}
