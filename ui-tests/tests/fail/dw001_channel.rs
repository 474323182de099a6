//! A channel has no other end after a crash.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn listen() -> Result<u32> {
    let (_sender, mut receiver) = tokio::sync::mpsc::channel::<u32>(1);
    let (_once, answer) = tokio::sync::oneshot::channel::<u32>();
    let first = receiver.recv().await;
    let second = answer.await?;
    Ok(first.unwrap_or_default() + second)
}

fn main() {}
