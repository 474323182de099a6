//! Compensations that borrow, that are no operation, whose outcome can't be told, and of a step that can't fail.
use durable_runtime::prelude::*;

#[step]
async fn reserve(row: u32) -> Result<u32> {
    Ok(row)
}

#[step]
async fn count() -> u32 {
    1
}

#[step]
async fn release(name: &str, row: u32) -> Result<()> {
    let _ = (name, row);
    Ok(())
}

#[durable_workflow]
async fn borrows(name: String) -> Result<u32> {
    reserve(1).compensate(|row| release(&name, row)).await
}

#[durable_workflow]
async fn plain_future() -> Result<u32> {
    reserve(1).compensate(|_| std::future::ready(())).await
}

#[durable_workflow]
async fn gives_a_number() -> Result<u32> {
    reserve(1).compensate(|_| count()).await
}

#[durable_workflow]
async fn infallible() -> Result<u32> {
    Ok(count().compensate(|row| reserve(row)).await)
}

fn main() {}
