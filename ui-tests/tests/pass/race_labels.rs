//! The labels of a race are patterns where it is matched.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

use durable_runtime::Race2;

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<u32> {
    let first = match race!(done => charge(cents), late => sleep(Duration::from_secs(1))) {
        done(charged) => charged?,
        late(()) => 0,
    };
    #[id("second race")]
    let done(second) =
        race!(done => charge(2).named("second"), late => sleep(Duration::from_secs(1)))
    else {
        return Ok(first);
    };
    #[id("third race")]
    let third = race!(charge(3).named("third"), sleep(Duration::from_secs(1)));
    match third {
        Race2::First(charged) => Ok(first + second? + charged?),
        Race2::Second(()) => Ok(first),
    }
}

fn main() {}
