//! What a retry block repeats is durable.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn travel(seat: u32) -> Result<u32> {
    let booked = retry_block("again", || std::future::ready(Ok::<u32, Error>(seat)))
        .retry(NoRetry)
        .await?;
    Ok(booked)
}

fn main() {}
