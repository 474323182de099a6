//! A retry strategy and a codec of the wrong type.
use durable_runtime::prelude::*;

fn twice(attempt: u32) -> bool {
    attempt < 2
}

struct Zip;

#[step(retry = twice)]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step(codec = Zip)]
async fn ship(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow(codec = Zip)]
async fn fulfil() -> Result<u32> {
    ship(1).await
}

fn main() {}
