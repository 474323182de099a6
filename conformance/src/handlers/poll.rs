//! Suite `wait_for_condition`, 6-1 to 6-13.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use super::codecs::Bracketed;

const SOON: Duration = Duration::from_secs(1);

#[step]
async fn increment(count: u32) -> Result<u32> {
    Ok(count + 1)
}

/// 6-1
#[durable_workflow]
pub async fn poll_basic(threshold: u32) -> Result<u32> {
    poll_until(0, increment)
        .until(|count| *count >= threshold)
        .every(SOON)
        .await
}

/// 6-2
#[durable_workflow]
pub async fn poll_once(threshold: u32) -> Result<u32> {
    poll_until(5, |count| async move { Ok::<_, Error>(count) })
        .until(|count| *count >= threshold)
        .await
}

/// 6-3
#[durable_workflow]
pub async fn poll_with_name(threshold: u32) -> Result<u32> {
    poll_until(0, increment)
        .named("poll-status")
        .until(|count| *count >= threshold)
        .every(SOON)
        .await
}

/// 6-4
#[durable_workflow]
pub async fn poll_from_state(threshold: u32) -> Result<u32> {
    poll_until(5, increment)
        .until(|count| *count >= threshold)
        .every(SOON)
        .await
}

/// 6-5
#[durable_workflow]
pub async fn poll_with_fixed_delay(threshold: u32) -> Result<u32> {
    poll_until(0, increment)
        .until(|count| *count >= threshold)
        .every(Duration::from_secs(2))
        .await
}

/// 6-6
#[durable_workflow]
pub async fn poll_exhausted(start: u32) -> Result<u32> {
    let backoff = Backoff::new()
        .max_attempts(3)
        .initial_delay(SOON)
        .backoff_rate(1.0)
        .jitter(Jitter::None);
    poll_until(start, increment)
        .until(|_| false)
        .backoff(backoff)
        .await
}

#[step]
async fn broken(_state: u32) -> Result<u32> {
    Err(Error::msg("the check fails"))
}

/// 6-7
#[durable_workflow]
pub async fn poll_fails() -> Result<u32> {
    poll_until(0, broken).until(|_| true).await
}

/// 6-8
#[durable_workflow]
pub async fn poll_failure_handled() -> Result<String> {
    match poll_until(0, broken).until(|_| true).await {
        Ok(count) => Ok(count.to_string()),
        Err(_) => Ok("recovered".to_owned()),
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Not done.
    Pending,
    /// Done.
    Done,
}

/// What 6-9 polls.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Job {
    status: Status,
    attempts: u32,
}

#[step]
async fn look_at(job: Job) -> Result<Job> {
    let attempts = job.attempts + 1;
    let status = if attempts >= 2 {
        Status::Done
    } else {
        job.status
    };
    Ok(Job { status, attempts })
}

/// 6-9
#[durable_workflow]
pub async fn poll_object() -> Result<Job> {
    let submitted = Job {
        status: Status::Pending,
        attempts: 0,
    };
    poll_until(submitted, look_at)
        .until(|job| job.status == Status::Done)
        .every(SOON)
        .await
}

/// 6-10
#[durable_workflow]
pub async fn poll_null() -> Result<()> {
    poll_until((), |()| async { Ok::<_, Error>(()) })
        .until(|()| true)
        .await
}

#[step]
async fn append(text: String) -> Result<String> {
    Ok(text + "x")
}

/// 6-11
#[durable_workflow]
pub async fn poll_with_serdes() -> Result<String> {
    poll_until(String::new(), append)
        .until(|text| text.len() >= 2)
        .every(SOON)
        .codec(Bracketed)
        .await
}

#[step]
async fn times_ten(count: u32) -> Result<u32> {
    Ok(count * 10)
}

/// 6-12
#[durable_workflow]
pub async fn poll_then_step(threshold: u32) -> Result<u32> {
    let count = poll_until(0, increment)
        .until(|count| *count >= threshold)
        .every(SOON)
        .await?;
    times_ten(count).await
}

/// 6-13
#[durable_workflow]
pub async fn polls_in_turn() -> Result<u32> {
    let first = poll_until(0, increment)
        .named("first")
        .until(|count| *count >= 2)
        .every(SOON)
        .await?;
    poll_until(first, increment)
        .named("second")
        .until(|count| *count >= 4)
        .every(SOON)
        .await
}
