//! Literal timeouts of a callback are checked.
use durable_runtime::prelude::*;

#[step]
async fn ask(_id: CallbackId) -> Result<()> {
    Ok(())
}

#[durable_workflow]
async fn approve() -> Result<bool> {
    let callback = create_callback::<bool>()
        .timeout(Duration::from_secs(60))
        .heartbeat_timeout(Duration::from_mins(1))
        .await?;
    let never: bool = wait_for_callback(|id| ask(id))
        .timeout(Duration::ZERO)
        .heartbeat_timeout(Duration::from_hours(100_000))
        .await?;
    let late: bool = wait_for_callback(ask)
        .named("late")
        .heartbeat_timeout(Duration::from_secs(9))
        .retry(NoRetry)
        .timeout(Duration::from_secs(5))
        .await?;
    Ok(callback.result().await? && never && late)
}

fn main() {}
