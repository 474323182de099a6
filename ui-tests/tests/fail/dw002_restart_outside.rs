//! A restart where there is no workflow: in the bodies of steps.
use durable_runtime::prelude::*;

#[step]
async fn page(cursor: u64) -> Result<u64> {
    restart(cursor).await
}

#[durable_workflow]
async fn import(cursor: u64) -> Result<u64> {
    step("page", || async { restart(cursor).await }).await
}

fn main() {}
