//! Every option.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

use std::sync::LazyLock;

use durable_runtime::{Codec, CodecFuture, ErrorObject, PayloadContext, RetryDecision};

struct Plain;

impl Codec for Plain {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async { Ok(payload) })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async { Ok(recorded) })
    }
}

const CONSTANT: Plain = Plain;
static MADE_LATE: LazyLock<Plain> = LazyLock::new(|| Plain);

fn three_times(_: &ErrorObject, attempt: u32) -> RetryDecision {
    if attempt < 3 {
        RetryDecision::RetryAfter(Duration::from_secs(1))
    } else {
        RetryDecision::Stop
    }
}

fn is_transient(error: &Error) -> bool {
    error.to_string().contains("busy")
}

#[step(retry = three_times, retry_if = is_transient, semantics = "at_most_once", timeout = "30s", fallible)]
async fn ship(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step(retry = default, semantics = "at_least_once", codec = Plain)]
async fn notify() {}

#[durable_workflow(codec = CONSTANT)]
async fn stocked() -> Result<u32> {
    charge(1).codec(&*MADE_LATE).await
}

#[durable_workflow(name = "shipping", on_divergence = "fail", codec = MADE_LATE, fallible)]
pub async fn shop(cents: u32) -> Result<u32> {
    notify().await;
    stocked().codec(Plain).await?;
    child("priced", || charge(2).named("in it")).codec(CONSTANT).await?;
    let shipped = ship(cents)
        .retry(Exponential::new().max_attempts(2))
        .timeout(Duration::from_secs(5))
        .semantics(Semantics::AtLeastOnce)
        .await?;
    Ok(shipped + charge(cents).retry_if(is_transient).retry(NoRetry).await?)
}

fn main() {}
