//! A call with the wrong arguments is reported where it stands.
use durable_runtime::prelude::*;

#[step]
async fn charge(cx: &StepContext, cents: u32) -> Result<u32> {
    Ok(cents + cx.attempt())
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let few = charge().await?;
    let wrong = charge("1").named("wrong").await?;
    Ok(few + wrong + missing(cents).await?)
}

fn main() {}
