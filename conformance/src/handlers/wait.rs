//! Suite `wait`, 2-1 to 2-5.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// 2-1
#[durable_workflow]
pub async fn wait_basic() -> Result<()> {
    sleep(Duration::from_secs(2)).await;
    Ok(())
}

/// 2-2
#[durable_workflow]
pub async fn wait_with_name() -> Result<()> {
    sleep(Duration::from_secs(2))
        .named("custom_wait_name")
        .await;
    Ok(())
}

/// How many waits are over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waited {
    completed_waits: u32,
}

/// 2-3
#[durable_workflow]
pub async fn sequential_waits() -> Result<Waited> {
    sleep(Duration::from_secs(2)).named("wait-1").await;
    sleep(Duration::from_secs(2)).named("wait-2").await;
    Ok(Waited { completed_waits: 2 })
}

/// 2-4
#[durable_workflow]
pub async fn wait_a_minute() -> Result<()> {
    sleep(Duration::from_mins(1)).await;
    Ok(())
}

/// 2-5
#[durable_workflow]
pub async fn wait_an_hour() -> Result<()> {
    sleep(Duration::from_hours(1)).await;
    Ok(())
}
