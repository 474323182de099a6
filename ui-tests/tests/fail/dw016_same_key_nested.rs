//! Also in loops, branches and closures: a key is one for the whole workflow.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let mut total = 0;
    for cents in 0..cents {
        total += charge(cents).await?;
    }
    if total > 3 {
        total += charge(total).await?;
    }
    let (fee,) = join!(charge(1));
    Ok(total + fee?)
}

fn main() {}
