//! In the `async` block of a branch.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

async fn fetch(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn both(id: u32) -> Result<u32> {
    let (charged, fetched) = join!(
        charge(id),
        fetched => async {
            sleep(Duration::from_secs(1)).await;
            fetch(id).await
        },
    );
    Ok(charged? + fetched)
}

fn main() {}
