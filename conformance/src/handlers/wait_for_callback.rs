//! Suite `wait_for_callback`, 7-1 to 7-15.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

const TIMEOUT: Duration = Duration::from_secs(3);

#[step]
async fn submit(callback: CallbackId) -> Result<()> {
    tracing::info!("somebody is to answer {callback}");
    Ok(())
}

/// 7-1
#[durable_workflow]
pub async fn approval_basic(name: String) -> Result<String> {
    Ok(wait_for_callback(submit).label(&name).await?)
}

/// 7-2
#[durable_workflow]
pub async fn approval_with_name() -> Result<String> {
    Ok(wait_for_callback(submit).named("approval").await?)
}

/// 7-3
#[durable_workflow]
pub async fn approval_without_name() -> Result<String> {
    let answer = wait_for_callback(|callback| async move {
        tracing::info!("somebody is to answer {callback}");
        Ok::<_, Error>(())
    })
    .await?;
    Ok(answer)
}

/// 7-4
#[durable_workflow]
pub async fn approval_refused(name: String) -> Result<String> {
    Ok(wait_for_callback(submit).label(&name).await?)
}

/// 7-5
#[durable_workflow]
pub async fn approval_times_out(name: String) -> Result<String> {
    let answer = wait_for_callback(submit)
        .label(&name)
        .timeout(TIMEOUT)
        .await?;
    Ok(answer)
}

/// 7-6
#[durable_workflow]
pub async fn refusal_handled(name: String) -> Result<String> {
    match wait_for_callback(submit).label(&name).await {
        Ok(answer) => Ok(answer),
        Err(_) => Ok("recovered".to_owned()),
    }
}

#[step]
async fn submit_in_vain(_callback: CallbackId) -> Result<()> {
    Err(Error::msg("nobody to submit to"))
}

/// 7-7
#[durable_workflow]
pub async fn submitter_fails(name: String) -> Result<String> {
    let twice = Exponential::new()
        .max_attempts(2)
        .initial_delay(Duration::from_secs(1))
        .jitter(Jitter::None);
    let answer = wait_for_callback(submit_in_vain)
        .label(&name)
        .retry(twice)
        .await?;
    Ok(answer)
}

/// 7-8
#[durable_workflow]
pub async fn approval_in_child(name: String) -> Result<String> {
    child("wrapper", || async {
        let answer: String = wait_for_callback(submit).label(&name).await?;
        Ok::<_, Error>(answer)
    })
    .await
}

/// 7-9
#[durable_workflow]
pub async fn approvals_in_turn() -> Result<String> {
    let _: String = wait_for_callback(submit).named("first").await?;
    Ok(wait_for_callback(submit).named("second").await?)
}

#[step]
async fn prepare() -> Result<String> {
    Ok("prepared".to_owned())
}

/// 7-10
#[durable_workflow]
pub async fn approval_among_others(name: String) -> Result<String> {
    sleep(Duration::from_secs(1)).await;
    prepare().await?;
    Ok(wait_for_callback(submit).label(&name).await?)
}

/// What 7-11 is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decision {
    status: String,
}

/// 7-11
#[durable_workflow]
pub async fn approval_as_object(name: String) -> Result<String> {
    let decision: Decision = wait_for_callback(submit).label(&name).await?;
    Ok(decision.status)
}

/// 7-12
#[durable_workflow]
pub async fn approval_without_heartbeat(name: String) -> Result<String> {
    let answer = wait_for_callback(submit)
        .label(&name)
        .heartbeat_timeout(Duration::from_secs(5))
        .await?;
    Ok(answer)
}

/// 7-13
#[durable_workflow]
pub async fn approval_with_heartbeat(name: String) -> Result<String> {
    let answer = wait_for_callback(submit)
        .label(&name)
        .heartbeat_timeout(Duration::from_secs(10))
        .await?;
    Ok(answer)
}

/// 7-14
#[durable_workflow]
pub async fn approval_timeout_handled(name: String) -> Result<String> {
    match wait_for_callback(submit)
        .label(&name)
        .timeout(TIMEOUT)
        .await
    {
        Err(CallbackError::TimedOut) => Ok("timed-out-handled".to_owned()),
        other => Ok(other?),
    }
}

/// 7-15
#[durable_workflow]
pub async fn approval_without_payload(name: String) -> Result<Option<String>> {
    Ok(wait_for_callback(submit).label(&name).await?)
}
