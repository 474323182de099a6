//! In closures and `async` blocks.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
pub async fn pay(ids: Vec<u32>) -> Result<u32> {
    let total = child("total", || async {
        let mut total = 0;
        for id in &ids {
            total += charge(*id).keyed(id).await?;
        }
        Ok::<u32, Error>(total)
    })
    .await?;
    let later = |seconds| async move {
        sleep(Duration::from_secs(seconds)).await;
        seconds
    };
    let waited = later(3).await;
    let block = async { charge(total).named("last").await };
    Ok(u32::try_from(waited)? + block.await?)
}

fn main() {}
