//! Suite `child`, 3-1 to 3-18.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use super::codecs::Uppercase;
use crate::Outside;

#[step]
async fn echo(value: &str) -> Result<String> {
    Ok(value.to_owned())
}

#[step(retry = none)]
async fn fail() -> Result<String> {
    Err(Error::msg("this step always fails"))
}

/// 3-1: a workflow that another one calls is a child.
#[durable_workflow]
pub async fn child_basic(input: String) -> Result<String> {
    single_step(input).await
}

#[durable_workflow]
async fn single_step(input: String) -> Result<String> {
    echo(&input).await
}

/// What 3-2 is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    name: String,
    value: String,
}

/// 3-2
#[durable_workflow]
pub async fn child_with_name(input: Named) -> Result<String> {
    child("named at run time", || async { echo(&input.value).await })
        .label(&input.name)
        .await
}

/// 3-3
#[durable_workflow]
pub async fn child_with_steps(input: String) -> Result<String> {
    child("two_steps", || async {
        let value = echo(&input).await?;
        echo(&value).named("echo again").await
    })
    .await
}

/// 3-4
#[durable_workflow]
pub async fn child_fails() -> Result<String> {
    child("failing", || async { fail().await }).await
}

/// 3-5
#[durable_workflow]
pub async fn child_error_handled(input: String) -> Result<String> {
    match child("failing", || async { fail().await }).await {
        Ok(value) => Ok(value),
        Err(_) => echo(&input).named("recover").await,
    }
}

/// 3-6
#[durable_workflow]
pub async fn nested_children(input: String) -> Result<String> {
    child("outer", || async {
        let value = echo(&input).await?;
        child("inner", || async { echo(&value).named("inner echo").await }).await
    })
    .await
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"))]
async fn second_time_lucky(cx: &StepContext, value: &str) -> Result<String> {
    if cx.attempt() == 1 {
        return Err(Error::msg("the first attempt fails"));
    }
    Ok(value.to_owned())
}

/// 3-7
#[durable_workflow]
pub async fn child_with_retry(input: String) -> Result<String> {
    child("retrying", || async { second_time_lucky(&input).await }).await
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"))]
async fn always_fails() -> Result<String> {
    Err(Error::msg("every attempt fails"))
}

/// 3-8
#[durable_workflow]
pub async fn child_retry_exhausted() -> Result<String> {
    child("hopeless", || async { always_fails().await }).await
}

/// 3-9
#[durable_workflow]
pub async fn child_replayed(input: String) -> Result<String> {
    let value = child("cached", || async { echo(&input).await }).await?;
    sleep(Duration::from_secs(1)).await;
    Ok(value)
}

/// 3-10
#[durable_workflow]
pub async fn child_with_wait(input: String) -> Result<String> {
    child("step_and_wait", || async {
        let value = echo(&input).await?;
        sleep(Duration::from_secs(1)).await;
        Ok::<_, Error>(value)
    })
    .await
}

/// 3-11
#[durable_workflow]
pub async fn large_child(input: String) -> Result<usize> {
    let large = child("large", || async {
        tracing::info!("building from {input}");
        let value = echo(&input).await?;
        Ok::<_, Error>(value.repeat(300_000 / value.len()))
    })
    .await?;
    sleep(Duration::from_secs(1)).await;
    Ok(large.len())
}

#[step]
async fn crashes_once(cx: &StepContext, outside: &Outside, value: &str) -> Result<String> {
    // An interrupted body runs again in the same attempt, so only something outside can tell.
    if outside.count(cx.execution_arn())? == 1 {
        outside.crash().await;
    }
    Ok(value.to_owned())
}

/// 3-12
#[durable_workflow]
pub async fn child_interrupted(input: String, #[state] outside: Outside) -> Result<String> {
    child("interrupted", || async {
        crashes_once(&outside, &input).await
    })
    .await
}

/// 3-13
#[durable_workflow]
pub async fn wait_in_child(input: String) -> Result<String> {
    let value = child("waiting", || async {
        sleep(Duration::from_secs(1)).await;
        input.clone()
    })
    .await;
    echo(&value).await
}

/// 3-14
#[durable_workflow]
pub async fn child_with_serdes(input: String) -> Result<String> {
    child("loud", || async { echo(&input).await })
        .codec(Uppercase)
        .await
}

/// 3-15
#[durable_workflow]
pub async fn child_fails_without_step() -> Result<()> {
    child("failing", || async {
        Err::<(), _>(Error::msg("thrown in the child itself"))
    })
    .await
}

/// 3-16
#[durable_workflow]
pub async fn child_returns_null() -> Result<()> {
    child("empty", || async {}).await;
    Ok(())
}

/// 3-17
#[durable_workflow]
pub async fn child_that_logs(input: String) -> Result<String> {
    let value = child("logging", || async {
        tracing::info!("in the child with {input}");
        input.clone()
    })
    .await;
    sleep(Duration::from_secs(1)).await;
    Ok(value)
}

/// 3-18
#[durable_workflow]
pub async fn child_then_more(input: String) -> Result<String> {
    let value = child("first_part", || async {
        let value = echo(&input).await?;
        sleep(Duration::from_secs(1)).await;
        Ok::<_, Error>(value)
    })
    .await?;
    let value = echo(&value).named("echo again").await?;
    sleep(Duration::from_secs(1)).await;
    Ok(value)
}
