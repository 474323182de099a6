//! Suite `plugin`, 10-1 to 10-23. The suite asks for a plugin that prints what its hooks are told: see [`records`] and [`dump`].

pub mod dump;
pub mod records;

use durable_runtime::prelude::*;

#[step]
async fn greet(name: &str) -> Result<String> {
    tracing::info!("Greeting step running for: {name}");
    Ok(format!("Hello, {name}!"))
}

/// 10-1, 10-2, 10-4, 10-5, 10-8, 10-17
#[durable_workflow]
pub async fn greeting(name: String) -> Result<String> {
    greet(&name).await
}

/// 10-11
#[durable_workflow]
pub async fn greeting_in_child(name: String) -> Result<String> {
    child("greeting", || async { greet(&name).await }).await
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"))]
async fn flaky(cx: &StepContext, result: &str) -> Result<String> {
    if cx.attempt() == 1 {
        return Err(Error::msg("the first attempt fails"));
    }
    Ok(result.to_owned())
}

/// 10-3
#[durable_workflow]
pub async fn retried() -> Result<String> {
    flaky("Operation succeeded").await
}

/// 10-21
#[durable_workflow]
pub async fn retried_to_ok() -> Result<String> {
    flaky("ok").await
}

/// 10-6, 10-9, 10-10, 10-16
#[durable_workflow]
pub async fn waiting() -> Result<()> {
    sleep(Duration::from_secs(2)).await;
    Ok(())
}

/// 10-19
#[durable_workflow]
pub async fn waiting_with_input(input: String) -> Result<String> {
    sleep(Duration::from_secs(2)).await;
    Ok(format!("done-{input}"))
}

#[step(retry = none)]
async fn fail() -> Result<String> {
    Err(Error::msg("boom"))
}

/// 10-7
#[durable_workflow]
pub async fn failing() -> Result<String> {
    fail().await
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"))]
async fn always_fails() -> Result<String> {
    Err(Error::msg("every attempt fails"))
}

/// 10-15
#[durable_workflow]
pub async fn retries_exhausted() -> Result<String> {
    always_fails().await
}

#[step]
async fn task(result: &str) -> Result<String> {
    Ok(result.to_owned())
}

/// 10-13
#[durable_workflow]
pub async fn step_then_retried() -> Result<String> {
    task("task-a").await?;
    flaky("Operation succeeded").await
}

/// 10-14
#[durable_workflow]
pub async fn step_then_failing() -> Result<String> {
    task("task-a").await?;
    fail().await
}

/// 10-20, 10-22
#[durable_workflow]
pub async fn single_task() -> Result<String> {
    task("task-a").named("greet").await
}
/// 10-12
#[durable_workflow]
pub async fn two_branches() -> Result<Vec<String>> {
    let results = parallel([
        branch(|| async { "task-1".to_owned() }),
        branch(|| async { "task-2".to_owned() }),
    ])
    .concurrency(1)
    .await;
    Ok(results)
}

/// 10-18
#[durable_workflow]
pub async fn two_waits() -> Result<Vec<String>> {
    let results = parallel([
        branch(|| async {
            sleep(Duration::from_secs(2)).named("short").await;
            "short-done".to_owned()
        }),
        branch(|| async {
            sleep(Duration::from_secs(8)).named("long").await;
            "long-done".to_owned()
        }),
    ])
    .named("waits")
    .concurrency(2)
    .await;
    Ok(results)
}

#[step]
async fn inner() -> Result<String> {
    Ok("x".to_owned())
}

/// 10-23
#[durable_workflow]
pub async fn named_branches() -> Result<Vec<String>> {
    parallel([
        branch(|| async {
            inner().await?;
            sleep(Duration::from_secs(2)).await;
            Ok::<_, Error>("a-done".to_owned())
        })
        .named("branch-a"),
        branch(|| async { Ok("b-done".to_owned()) }).named("branch-b"),
    ])
    .named("ctx")
    .concurrency(1)
    .await
}
