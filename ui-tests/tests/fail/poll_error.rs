//! The error of a poll's check has room for a poll that gives up.
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

#[step]
async fn check(percent: u32) -> Result<u32, Broken> {
    Ok(percent + 1)
}

#[durable_workflow]
async fn render() -> Result<u32, Broken> {
    poll_until(0, |percent| check(percent))
        .until(|percent| *percent == 100)
        .await
}

fn main() {}
