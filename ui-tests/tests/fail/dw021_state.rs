//! What the host provides is cloned for each execution.
use durable_runtime::prelude::*;

struct Clients;

#[durable_workflow]
async fn pay(cents: u32, #[state] _clients: Clients) -> Result<u32> {
    Ok(cents)
}

fn main() {}
