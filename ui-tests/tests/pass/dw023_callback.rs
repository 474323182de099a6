//! Timeouts of callbacks in range; and a step of the user's own that has a timeout of zero.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn ask(_id: CallbackId) -> Result<()> {
    Ok(())
}

const SHORT: Duration = Duration::from_secs(1);

#[step]
async fn unhurried() -> Result<()> {
    Ok(())
}

#[durable_workflow]
pub async fn approve(seconds: u64) -> Result<bool> {
    let callback = create_callback::<bool>()
        .heartbeat_timeout(Duration::from_secs(59))
        .named("first")
        .timeout(Duration::from_secs(60))
        .await?;
    let longest = create_callback::<bool>()
        .named("longest")
        .timeout(Duration::from_secs(99_999_999))
        .await?;
    let computed: bool = wait_for_callback(ask)
        .timeout(SHORT)
        .heartbeat_timeout(Duration::from_secs(seconds))
        .await?;
    unhurried().timeout(Duration::ZERO).await?;
    let first = callback.result().await?;
    Ok(first && longest.result().await? && computed)
}

fn main() {}
