//! Branches are operations, blocks, or combinators with a label.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<u32> {
    let (first, second, (third, ())) = join!(
        charge(cents),
        second => async {
            sleep(Duration::from_secs(1)).await;
            charge(cents).named("late").await
        },
        third => join!(
            inner => charge(1).named("inner"),
            sleep(Duration::from_secs(2)),
        ),
    );
    let (fourth, fifth) = try_join!(
        charge(4).named("fourth"),
        child("fifth", || async { Ok::<u32, Error>(5) }),
    )?;
    Ok(first? + second? + third? + fourth + fifth)
}

fn main() {}
