//! In a `let .. else`, in its value and in its `else`.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> Option<u32> {
    Some(id)
}

async fn give_up(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    let Some(found) = fetch(id).await else {
        return Ok(give_up(id).await);
    };
    Ok(found)
}

fn main() {}
