//! A workflow is a free function.
use durable_runtime::prelude::*;

struct Shop;

impl Shop {
    #[durable_workflow]
    async fn pay(&self, cents: u32) -> Result<u32> {
        Ok(cents)
    }
}

fn main() {}
