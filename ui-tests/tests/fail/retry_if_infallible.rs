//! A step without an error has nothing to retry.
use durable_runtime::prelude::*;

fn is_transient(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
}

#[step(retry_if = is_transient)]
async fn ship(cents: u32) -> u32 {
    cents
}

fn main() {}
