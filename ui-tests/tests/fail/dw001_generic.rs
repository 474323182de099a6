//! A future of an unknown type is not durable.
use durable_runtime::prelude::*;

#[durable_workflow]
async fn follow<F: Future<Output = u32> + Send>(future: F) -> Result<u32> {
    Ok(future.await)
}

fn main() {}
