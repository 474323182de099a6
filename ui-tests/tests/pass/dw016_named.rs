//! `.named` gives each call of a step a key of its own.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

struct Calls {
    pending: u32,
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<u32> {
    let order = charge(cents).await?;
    let fee = charge(1).named("fee").await?;
    let calls = Calls { pending: 3 };
    let labelled = charge(calls.pending)
        .named("third")
        .label(format!("{cents}"))
        .await?;
    let chosen = if cents > 1 { charge(4) } else { charge(5) };
    let called = (|cents| charge(cents))(6).named("called").await?;
    Ok(order + fee + labelled + chosen.await? + called)
}

fn main() {}
