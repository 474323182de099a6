//! A method that is a plain `async fn` is not durable, and what follows it is not reported.
use durable_runtime::prelude::*;

struct Client;

impl Client {
    async fn fetch(&self, id: u32) -> Option<Vec<u32>> {
        Some(vec![id])
    }
}

#[durable_workflow]
async fn report(id: u32) -> Result<usize> {
    let client = Client;
    let pages = client.fetch(id).await.unwrap_or_default();
    Ok(pages.iter().filter(|page| **page > 0).count())
}

fn main() {}
