//! A retry block's name is its identity.
use durable_runtime::prelude::*;

const NAME: &str = "book";

#[step]
async fn book(seat: u32) -> Result<u32> {
    Ok(seat)
}

#[durable_workflow]
async fn travel(seat: u32) -> Result<u32> {
    retry_block(NAME, || async { book(seat).await }).await
}

fn main() {}
