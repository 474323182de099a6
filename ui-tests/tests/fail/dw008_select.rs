use durable_runtime::prelude::*;

#[step]
async fn fetch(id: u32) -> Result<u32> {
    Ok(id)
}

#[durable_workflow]
async fn fastest() -> Result<u32> {
    tokio::select! {
        first = fetch(1) => first,
        second = fetch(2) => second,
    }
}

fn main() {}
