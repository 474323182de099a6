//! A helper is a part of a workflow: elsewhere it can't be awaited, started or dropped.

use durable_runtime::prelude::*;

#[durable_helper]
async fn pause() -> u32 {
    sleep(Duration::from_secs(1)).await;
    1
}

#[step]
async fn body() -> Result<u32> {
    Ok(pause().await)
}

async fn anywhere() -> u32 {
    pause().await
}

#[durable_workflow]
async fn twice() {
    pause().await;
    pause().await;
    pause();
}

fn main() {
    let _ = (body(), anywhere(), twice());
}
