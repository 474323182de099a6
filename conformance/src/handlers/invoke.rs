//! Suite `invoke`, 5-1 to 5-16, and the functions that its handlers invoke.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codecs::Shouting;
use crate::Targets;

/// Answers with what it was asked, after a moment.
#[durable_workflow]
pub async fn target_echo(input: Value) -> Result<Value> {
    sleep(Duration::from_secs(1)).await;
    Ok(input)
}

/// [`target_echo`] for a function whose tenants are kept apart.
#[durable_workflow]
pub async fn target_echo_tenant(input: Value) -> Result<Value> {
    sleep(Duration::from_secs(1)).await;
    Ok(input)
}

/// Fails after a moment.
#[durable_workflow]
pub async fn target_error() -> Result<Value> {
    sleep(Duration::from_secs(1)).await;
    Err(Error::msg("target function error"))
}

/// 5-1
#[durable_workflow]
pub async fn invoke_basic(input: String, #[state] targets: Targets) -> Result<String> {
    Ok(invoke(targets.echo(), &input).await?)
}

/// What 5-2 is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    name: String,
    payload: String,
}

/// 5-2
#[durable_workflow]
pub async fn invoke_with_name(input: Named, #[state] targets: Targets) -> Result<String> {
    let echoed = invoke(targets.echo(), &input.payload)
        .label(&input.name)
        .await?;
    Ok(echoed)
}

/// An object in 5-3.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Nested {
    key: String,
    items: Vec<u32>,
}

/// What 5-3 is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Document {
    nested: Nested,
    source: String,
}

/// 5-3
#[durable_workflow]
pub async fn invoke_with_object(input: Document, #[state] targets: Targets) -> Result<Document> {
    Ok(invoke(targets.echo(), &input).await?)
}

/// 5-4
#[durable_workflow]
pub async fn invoke_with_null(#[state] targets: Targets) -> Result<()> {
    Ok(invoke(targets.echo(), &()).await?)
}

/// 5-5
#[durable_workflow]
pub async fn invoke_fails(#[state] targets: Targets) -> Result<String> {
    Ok(invoke(targets.error(), &()).await?)
}

/// 5-6
#[durable_workflow]
pub async fn invoke_failure_handled(#[state] targets: Targets) -> Result<String> {
    match invoke::<String>(targets.error(), &()).await {
        Ok(answer) => Ok(answer),
        Err(error) => Ok(format!("caught: {error}")),
    }
}

/// What 5-7 sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Large {
    data: String,
}

/// 5-7
#[durable_workflow]
pub async fn invoke_with_large_payload(#[state] targets: Targets) -> Result<usize> {
    let data = "x".repeat(200_000);
    let large: Large = invoke(targets.echo(), &Large { data }).await?;
    Ok(large.data.len())
}

/// What 5-8 is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForTenant {
    tenant_id: String,
    payload: String,
}

/// 5-8
#[durable_workflow]
pub async fn invoke_for_tenant(input: ForTenant, #[state] targets: Targets) -> Result<String> {
    let echoed = invoke(targets.echo_tenant(), &input.payload)
        .tenant(&input.tenant_id)
        .await?;
    Ok(echoed)
}

/// 5-9
#[durable_workflow]
pub async fn invoke_then_wait(input: Value, #[state] targets: Targets) -> Result<Value> {
    let echoed = invoke(targets.echo(), &input).await?;
    sleep(Duration::from_secs(1)).await;
    Ok(echoed)
}

/// 5-10
#[durable_workflow]
pub async fn invoke_failure_then_wait(#[state] targets: Targets) -> Result<String> {
    let said = match invoke::<String>(targets.error(), &()).await {
        Ok(answer) => answer,
        Err(error) => format!("caught: {error}"),
    };
    sleep(Duration::from_secs(1)).await;
    Ok(said)
}

#[step]
async fn prepare() -> Result<String> {
    Ok("prepared".to_owned())
}

/// 5-11
#[durable_workflow]
pub async fn step_then_invoke(#[state] targets: Targets) -> Result<String> {
    let prepared = prepare().await?;
    Ok(invoke(targets.echo(), &prepared).await?)
}

#[step]
async fn process(answer: &str) -> Result<String> {
    Ok(format!("processed: {answer}"))
}

/// 5-12
#[durable_workflow]
pub async fn invoke_then_step(#[state] targets: Targets) -> Result<String> {
    let answer: String = invoke(targets.echo(), "question").await?;
    process(&answer).await
}

/// 5-13
#[durable_workflow]
pub async fn invoke_in_child(#[state] targets: Targets) -> Result<String> {
    child("asking", || async {
        let answer: String = invoke(targets.echo(), "question").await?;
        Ok::<_, Error>(answer)
    })
    .await
}

/// 5-14
#[durable_workflow]
pub async fn invokes_in_turn(#[state] targets: Targets) -> Result<String> {
    let first: String = invoke(targets.echo(), "question").named("first").await?;
    let second: String = invoke(targets.echo(), &first).named("second").await?;
    Ok(second)
}

/// What 5-15 is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Data {
    data: String,
}

/// 5-15
#[durable_workflow]
pub async fn invoke_with_payload_serdes(input: Data, #[state] targets: Targets) -> Result<String> {
    let echoed = invoke(targets.echo(), &input.data)
        .input_codec(Shouting)
        .await?;
    Ok(echoed)
}

/// 5-16
#[durable_workflow]
pub async fn invoke_with_result_serdes(input: String, #[state] targets: Targets) -> Result<String> {
    Ok(invoke(targets.echo(), &input).codec(Shouting).await?)
}
