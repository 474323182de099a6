//! An error that can not be recorded.
use durable_runtime::prelude::*;

#[derive(Debug)]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

#[step]
async fn charge(cents: u32) -> Result<u32, Declined> {
    if cents > 1 { Err(Declined) } else { Ok(cents) }
}

fn main() {}
