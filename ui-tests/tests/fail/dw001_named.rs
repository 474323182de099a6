//! Naming a plain future does not make it durable.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn report(id: u32) -> Result<u32> {
    let fetched = fetch(id).named("fetched").await;
    let keyed = fetch(id).keyed(id).await;
    let labelled = fetch(id).label("page").named("labelled").await;
    Ok(fetched + keyed + labelled)
}

fn main() {}
