//! A `match` on a race covers every branch, by the labels.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    match race!(done => charge(cents), late => sleep(Duration::from_secs(1))) {
        done(charged) => charged,
    }
}

#[durable_workflow]
async fn ship(cents: u32) -> Result<u32> {
    match race!(done => charge(cents), late => sleep(Duration::from_secs(1))) {
        done(charged) => charged,
        lat(()) => Ok(0),
    }
}

fn main() {}
