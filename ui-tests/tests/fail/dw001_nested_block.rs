//! In blocks, loops and conditions.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

async fn is_open(id: u32) -> bool {
    id > 0
}

#[durable_workflow]
async fn report(ids: Vec<u32>) -> Result<u32> {
    let mut total = 0;
    for id in ids {
        total += { fetch(id).await };
        while is_open(id).named("open").await {
            if is_open(id).await {
                break;
            }
        }
    }
    Ok(total)
}

fn main() {}
