//! The function given to `retry_if` looks at the step's error.
use durable_runtime::prelude::*;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

fn is_transient(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
}

fn is_late(error: Declined) -> bool {
    error.to_string().is_empty()
}

#[step(retry_if = is_transient)]
async fn charge(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}

#[step(retry_if = is_late)]
async fn refund(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}

fn main() {}
