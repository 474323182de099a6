//! Polls, with a condition wherever it stands in the chain; and a step that is called like one.
#![deny(warnings)]
use durable_runtime::prelude::*;

mod mine {
    use durable_runtime::prelude::*;

    #[step]
    pub async fn poll_until(a: u32, b: u32) -> Result<u32> {
        Ok(a + b)
    }

    #[durable_workflow]
    pub async fn add() -> Result<u32> {
        let three = self::poll_until(1, 2).named("three").await?;
        Ok(three + poll_until(3, 4).retry(NoRetry).await?)
    }
}

#[step]
async fn check(percent: u32) -> Result<u32> {
    Ok(percent + 1)
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub struct Stuck(PollExhausted);

impl std::fmt::Display for Stuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<PollExhausted> for Stuck {
    fn from(exhausted: PollExhausted) -> Self {
        Self(exhausted)
    }
}

#[durable_workflow]
pub async fn render(limit: u32) -> Result<u32, Stuck> {
    let percent = poll_until(0, |percent| async move { percent + 1 })
        .every(Duration::from_secs(5))
        .until(|percent| *percent >= limit)
        .await?;
    let poll = poll_until(percent, |percent| async move { Ok::<_, Stuck>(percent + 1) })
        .backoff(Backoff::new().max_attempts(3))
        .until(|percent| *percent >= 200);
    poll.await
}

#[durable_workflow]
pub async fn both() -> Result<u32> {
    let (first, second) = try_join!(
        poll_until(0, check).until(|percent| *percent == 1),
        poll_until(0, |percent| check(percent))
            .named("second")
            .wait_strategy(|percent, looks| (looks < 9).then(|| Duration::from_secs((*percent).into())))
            .until(|percent| *percent == 100),
    )?;
    let _ = mine::add().await?;
    Ok(first + second)
}

fn main() {}
