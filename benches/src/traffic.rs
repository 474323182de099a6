//! The workflows of the load: short ones, and some of everything that waits.

use durable_runtime::prelude::*;
use tokio::sync::mpsc::UnboundedSender;

use crate::result;

/// Where callbacks' ids go to be answered.
#[derive(Clone)]
pub struct Desk(pub UnboundedSender<String>);

#[step]
async fn work() -> Result<String> {
    Ok(result())
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "1s", jitter = "none"))]
async fn second_time(cx: &StepContext) -> Result<String> {
    if cx.attempt() == 1 {
        return Err(Error::msg("busy"));
    }
    Ok(result())
}

#[step]
async fn hand_in(desk: &Desk, id: CallbackId) -> Result<()> {
    desk.0
        .send(id.as_str().to_owned())
        .map_err(|_| Error::msg("nobody answers callbacks any more"))
}

/// Three steps.
#[durable_workflow]
pub async fn short() -> Result<usize> {
    let mut total = 0;
    for _ in 0..3 {
        total += work().await?.len();
    }
    Ok(total)
}

/// Two sleeps of a second, a step after each.
#[durable_workflow]
pub async fn sleepy() -> Result<usize> {
    let mut total = 0;
    for _ in 0..2 {
        sleep(Duration::from_secs(1)).await;
        total += work().await?.len();
    }
    Ok(total)
}

/// Waits for a callback, which comes at once.
#[durable_workflow]
pub async fn called(#[state] desk: Desk) -> Result<usize> {
    let answer: String = wait_for_callback(|id| hand_in(&desk, id)).await?;
    Ok(answer.len() + work().await?.len())
}

/// A map with a step for each of ten items.
#[durable_workflow]
pub async fn mapped() -> Result<usize> {
    let items: Vec<u32> = (0..10).collect();
    let done = map(items, |_item: u32| async move { work().await }).await?;
    Ok(done.iter().map(String::len).sum())
}

/// A step that fails at first.
#[durable_workflow]
pub async fn retried() -> Result<usize> {
    Ok(second_time().await?.len())
}
