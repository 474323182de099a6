//! `#[id]` names the one operation of its statement.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<u32> {
    #[id("order")]
    let order = charge(cents).await?;
    #[id("first pair")]
    let (a, b) = join!(charge(1).named("a"), charge(2).named("b"));
    #[id("second pair")]
    let (c, d) = join!(charge(3).named("c"), charge(4).named("d"));
    #[id("left")]
    let left = uuid();
    #[id("right")]
    let right = uuid();
    #[id("checked")]
    if charge(5).await? > 5 {
        return Ok(0);
    }
    let mut total = order + a? + b? + c? + d?;
    #[id("added")]
    total += charge(6).await?;
    assert_ne!(left, right);
    Ok(total)
}

fn main() {}
