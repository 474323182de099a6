//! A host takes workflow functions.
use durable_runtime::prelude::*;
use durable_runtime::{Workflow, WorkflowFn};

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    Ok(cents)
}

async fn plain(cents: u32) -> Result<u32> {
    Ok(cents)
}

fn register<W: Workflow, Arguments>(_: impl WorkflowFn<W, Arguments>) {}

fn serve() {
    register(plain);
    register(charge);
    register(pay(1));
}

fn main() {}
