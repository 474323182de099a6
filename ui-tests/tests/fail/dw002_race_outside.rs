//! The combinators work inside a workflow only.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

async fn helper() {
    race!(done => charge(1), late => sleep(Duration::from_secs(1)));
}

fn main() {}
