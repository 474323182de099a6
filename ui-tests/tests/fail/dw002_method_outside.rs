//! A step that is a method.
use durable_runtime::prelude::*;

struct Shop;

impl Shop {
    #[step]
    async fn charge(&self, cents: u32) -> Result<u32> {
        Ok(cents)
    }

    async fn helper(&self) -> Result<u32> {
        self.charge(1).await
    }
}

fn main() {}
