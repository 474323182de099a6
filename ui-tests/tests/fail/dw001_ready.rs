//! Also a future that is ready at once would not be recorded.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn ready() -> Result<u32> {
    let number = std::future::ready(1).await;
    Ok(number)
}

fn main() {}
