//! A step or workflow is neither `unsafe` nor `extern`.
use durable_runtime::prelude::*;

#[step]
async unsafe fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async extern "C" fn pay(cents: u32) -> Result<u32> {
    Ok(cents)
}

fn main() {}
