//! A poll has to say when it is done.
use durable_runtime::prelude::*;

#[step]
async fn check(percent: u32) -> Result<u32> {
    Ok(percent + 1)
}

#[durable_workflow]
async fn render() -> Result<u32> {
    let percent = poll_until(0, |percent| check(percent))
        .every(Duration::from_secs(5))
        .await?;
    let _both = join!(poll_until(percent, |percent| check(percent)).named("again"), sleep(Duration::from_secs(1)));
    Ok(percent)
}

fn main() {}
