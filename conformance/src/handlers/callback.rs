//! Suite `callback`, 4-1 to 4-19.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use super::codecs::{Number, TimesInSeconds};

const TIMEOUT: Duration = Duration::from_secs(5);

/// 4-1
#[durable_workflow]
pub async fn callback_basic(name: String) -> Result<String> {
    let callback = create_callback::<String>().label(&name).await?;
    Ok(callback.result().await?)
}

/// 4-2
#[durable_workflow]
pub async fn callback_with_name() -> Result<String> {
    let callback = create_callback::<String>().named("approval").await?;
    Ok(callback.result().await?)
}

/// 4-3
#[durable_workflow]
pub async fn callback_times_out(name: String) -> Result<String> {
    let callback = create_callback::<String>()
        .label(&name)
        .timeout(TIMEOUT)
        .await?;
    Ok(callback.result().await?)
}

/// 4-4
#[durable_workflow]
pub async fn heartbeat_times_out(name: String) -> Result<String> {
    let callback = create_callback::<String>()
        .label(&name)
        .heartbeat_timeout(TIMEOUT)
        .await?;
    Ok(callback.result().await?)
}

/// 4-5
#[durable_workflow]
pub async fn heartbeat_keeps_alive(name: String) -> Result<String> {
    let callback = create_callback::<String>()
        .label(&name)
        .heartbeat_timeout(Duration::from_secs(10))
        .await?;
    Ok(callback.result().await?)
}

/// 4-6
#[durable_workflow]
pub async fn callback_fails(name: String) -> Result<String> {
    let callback = create_callback::<String>().label(&name).await?;
    Ok(callback.result().await?)
}

#[step]
async fn notify(callback: &CallbackId) -> Result<String> {
    Ok(format!("told them of {callback}"))
}

/// 4-7
#[durable_workflow]
pub async fn callback_step_fails(name: String) -> Result<String> {
    let callback = create_callback::<String>().label(&name).await?;
    notify(callback.id()).await?;
    Ok(callback.result().await?)
}

/// 4-8
#[durable_workflow]
pub async fn callback_step_times_out(name: String) -> Result<String> {
    let callback = create_callback::<String>()
        .label(&name)
        .timeout(TIMEOUT)
        .await?;
    notify(callback.id()).await?;
    Ok(callback.result().await?)
}

/// 4-9
#[durable_workflow]
pub async fn callback_during_wait(name: String) -> Result<String> {
    let callback = create_callback::<String>().label(&name).await?;
    sleep(Duration::from_secs(5)).await;
    Ok(callback.result().await?)
}

/// 4-10
#[durable_workflow]
pub async fn callback_fails_during_wait(name: String) -> Result<String> {
    let callback = create_callback::<String>().label(&name).await?;
    sleep(Duration::from_secs(5)).await;
    Ok(callback.result().await?)
}

/// 4-11
#[durable_workflow]
pub async fn callback_times_out_during_wait(name: String) -> Result<String> {
    let callback = create_callback::<String>()
        .label(&name)
        .timeout(Duration::from_secs(3))
        .await?;
    sleep(Duration::from_secs(6)).await;
    Ok(callback.result().await?)
}

/// 4-12
#[durable_workflow]
pub async fn callback_then_wait(name: String) -> Result<String> {
    let callback = create_callback::<String>().label(&name).await?;
    let result = callback.result().await?;
    sleep(Duration::from_secs(2)).await;
    Ok(result)
}

/// 4-13
#[durable_workflow]
pub async fn callback_failure_handled(name: String) -> Result<String> {
    let callback = create_callback::<String>().label(&name).await?;
    let said = match callback.result().await {
        Ok(result) => result,
        Err(error) => format!("caught: {error}"),
    };
    sleep(Duration::from_secs(2)).await;
    Ok(said)
}

/// 4-14
#[durable_workflow]
pub async fn callback_timeout_handled(name: String) -> Result<String> {
    let callback = create_callback::<String>()
        .label(&name)
        .timeout(Duration::from_secs(3))
        .await?;
    let said = match callback.result().await {
        Err(CallbackError::TimedOut) => "nobody answered".to_owned(),
        other => other?,
    };
    sleep(Duration::from_secs(2)).await;
    Ok(said)
}

/// What 4-15 is sent, its time in seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    id: String,
    message: String,
    timestamp: i64,
}

/// What 4-15 returns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Received {
    received: Message,
}

/// 4-15
#[durable_workflow]
pub async fn callback_with_serdes(name: String) -> Result<Received> {
    let callback = create_callback::<Message>()
        .label(&name)
        .codec(TimesInSeconds)
        .await?;
    let received = callback.result().await?;
    Ok(Received { received })
}

/// What 4-16 returns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Doubled {
    count: i64,
    doubled: i64,
}

/// 4-16
#[durable_workflow]
pub async fn callback_with_number(name: String) -> Result<Doubled> {
    let callback = create_callback::<i64>().label(&name).codec(Number).await?;
    let count = callback.result().await?;
    let doubled = count * 2;
    Ok(Doubled { count, doubled })
}

/// 4-17
#[durable_workflow]
pub async fn callbacks_in_turn([a, b]: [String; 2]) -> Result<[String; 2]> {
    let first = create_callback::<String>().named("first").label(&a).await?;
    let one = first.result().await?;
    let second = create_callback::<String>()
        .named("second")
        .label(&b)
        .await?;
    let two = second.result().await?;
    Ok([one, two])
}

/// 4-18
#[durable_workflow]
pub async fn two_callbacks([a, b]: [String; 2]) -> Result<[String; 2]> {
    let first = create_callback::<String>().named("first").label(&a).await?;
    let second = create_callback::<String>()
        .named("second")
        .label(&b)
        .await?;
    let one = first.result().await?;
    let two = second.result().await?;
    Ok([one, two])
}

/// 4-19
#[durable_workflow]
pub async fn two_callbacks_reversed([a, b]: [String; 2]) -> Result<[String; 2]> {
    let first = create_callback::<String>().named("first").label(&a).await?;
    let second = create_callback::<String>()
        .named("second")
        .label(&b)
        .await?;
    let two = second.result().await?;
    let one = first.result().await?;
    Ok([one, two])
}
