//! A sleep that nobody awaits does not wait.
#![deny(unused_must_use)]
use durable_runtime::prelude::*;

#[durable_workflow]
async fn remind() -> Result<()> {
    sleep(Duration::from_secs(1));
    sleep(Duration::from_secs(2)).named("second");
    now();
    Ok(())
}

fn main() {}
