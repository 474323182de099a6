//! An inline step returns what it makes.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[durable_workflow]
pub async fn count(names: Vec<String>) -> Result<usize> {
    let mut total = 0;
    total += step("count", || async { names.len() }).await;
    total += step("again", || {
        let names = names.clone();
        async move { names.into_iter().count() }
    })
    .retry(NoRetry)
    .await;
    Ok(total)
}

fn main() {}
