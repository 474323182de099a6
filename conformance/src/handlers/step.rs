//! Suite `step`, 1-1 to 1-20.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::codecs::Uppercase;
use crate::Outside;

#[step]
async fn greet(name: &str) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

/// 1-1
#[durable_workflow]
pub async fn step_basic(name: String) -> Result<String> {
    greet(&name).await
}

/// 1-2
#[durable_workflow]
pub async fn step_with_name(name: String) -> Result<String> {
    greet(&name).named("custom_step_name").await
}

#[step]
async fn first() -> Result<String> {
    Ok("first".to_owned())
}

#[step]
async fn second(first: &str) -> Result<String> {
    Ok(format!("{first}_second"))
}

/// 1-3
#[durable_workflow]
pub async fn sequential_steps() -> Result<String> {
    let one = first().await?;
    second(&one).await
}

/// Who a response is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    name: String,
    tags: Vec<String>,
}

/// An object with an object in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Response {
    user: User,
    count: usize,
}

#[step]
async fn build_response(user: User) -> Result<Response> {
    let count = user.tags.len();
    Ok(Response { user, count })
}

/// 1-4
#[durable_workflow]
pub async fn complex_object(user: User) -> Result<Response> {
    build_response(user).await
}

#[step]
async fn do_nothing() -> Result<()> {
    Ok(())
}

/// 1-5
#[durable_workflow]
pub async fn null_result() -> Result<()> {
    do_nothing().await
}

#[step(codec = Uppercase)]
async fn return_input(input: String) -> Result<String> {
    Ok(input)
}

/// 1-6
#[durable_workflow]
pub async fn custom_serdes(input: String) -> Result<String> {
    return_input(input).await
}

#[step]
async fn greet_and_log(name: &str) -> Result<String> {
    tracing::info!("Greeting step started for: {name}");
    let greeting = format!("Hello, {name}!");
    tracing::info!("Greeting step completed with: {greeting}");
    Ok(greeting)
}

/// 1-7
#[durable_workflow]
pub async fn step_with_logger(name: String) -> Result<String> {
    greet_and_log(&name).await
}

#[step]
async fn compute(value: &str) -> Result<String> {
    tracing::info!("computing {value}");
    Ok(value.to_owned())
}

/// 1-8
#[durable_workflow]
pub async fn step_and_wait() -> Result<String> {
    let value = compute("computed").await?;
    sleep(Duration::from_secs(2)).await;
    Ok(value)
}

/// 1-9
#[durable_workflow]
pub async fn replay_skips_step() -> Result<String> {
    let value = compute("cached_value").await?;
    sleep(Duration::from_secs(1)).await;
    Ok(value)
}

#[step(retry = none)]
async fn fail(reason: &str) -> Result<String> {
    tracing::info!("failing: {reason}");
    Err(Error::msg(reason))
}

/// 1-10
#[durable_workflow]
pub async fn replay_fails_again() -> Result<String> {
    let caught = fail("once and for all")
        .await
        .err()
        .map(|error| error.to_string());
    sleep(Duration::from_secs(1)).await;
    Ok(caught.unwrap_or_default())
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "1s", jitter = "none"))]
async fn unreliable(cx: &StepContext) -> Result<String> {
    if cx.attempt() == 1 {
        return Err(Error::msg("the first attempt fails"));
    }
    Ok("Operation succeeded".to_owned())
}

/// 1-11
#[durable_workflow]
pub async fn retry_then_success() -> Result<String> {
    unreliable().await
}

#[step(retry = exponential(max_attempts = 4, initial_delay = "1s", backoff_rate = 1.0, jitter = "none"))]
async fn always_fails() -> Result<String> {
    Err(Error::msg("every attempt fails"))
}

/// 1-12
#[durable_workflow]
pub async fn retry_exhausted() -> Result<String> {
    always_fails().await
}

#[step]
async fn third_time_lucky(cx: &StepContext) -> Result<u32> {
    if cx.attempt() < 3 {
        return Err(Error::msg("not yet"));
    }
    Ok(cx.attempt())
}

/// 1-13
#[durable_workflow]
pub async fn default_retry() -> Result<u32> {
    third_time_lucky().await
}

/// 1-14
#[durable_workflow]
pub async fn custom_retry() -> Result<u32> {
    let strategy = Exponential::new()
        .max_attempts(5)
        .initial_delay(Duration::from_secs(2))
        .backoff_rate(3.0)
        .jitter(Jitter::None);
    third_time_lucky().retry(strategy).await
}

/// Something that may be gone next time.
#[derive(Clone, Copy, Debug, Error)]
#[error("the other side is busy")]
pub struct TransientError;

fn is_transient(error: &Error) -> bool {
    error.is("TransientError")
}

fn is_permanent(error: &Error) -> bool {
    !is_transient(error)
}

#[step(
    retry = exponential(max_attempts = 3, initial_delay = "1s", jitter = "none"),
    retry_if = is_transient,
)]
async fn busy_at_first(cx: &StepContext) -> Result<u32> {
    if cx.attempt() == 1 {
        return Err(TransientError.into());
    }
    Ok(cx.attempt())
}

/// 1-15
#[durable_workflow]
pub async fn retry_this_error() -> Result<u32> {
    busy_at_first().await
}

/// 1-16
#[durable_workflow]
pub async fn do_not_retry_this_error() -> Result<u32> {
    busy_at_first().retry_if(is_permanent).await
}

#[step(semantics = "at_most_once", retry = none)]
async fn at_most_once_flaky_step(outside: &Outside, input: &str) -> Result<String> {
    tracing::info!("running with {input}");
    outside.crash().await;
    Ok(input.to_owned())
}

/// 1-17
#[durable_workflow]
pub async fn at_most_once(input: String, #[state] outside: Outside) -> Result<String> {
    at_most_once_flaky_step(&outside, &input).await
}

#[step(
    semantics = "at_most_once",
    retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"),
)]
async fn flaky(cx: &StepContext, outside: &Outside, input: &str) -> Result<String> {
    tracing::info!("running with {input}");
    if cx.attempt() == 1 {
        outside.crash().await;
    }
    Ok("succeeded on second attempt".to_owned())
}

/// 1-18
#[durable_workflow]
pub async fn at_most_once_with_retry(input: String, #[state] outside: Outside) -> Result<String> {
    flaky(&outside, &input).await
}

/// 1-19
#[durable_workflow]
pub async fn step_with_error() -> Result<String> {
    fail("no retry").await
}

#[step]
async fn fallback() -> Result<String> {
    Ok("fallback_result".to_owned())
}

/// 1-20
#[durable_workflow]
pub async fn error_handled() -> Result<String> {
    match fail("handled").await {
        Ok(value) => Ok(value),
        Err(_) => fallback().await,
    }
}
