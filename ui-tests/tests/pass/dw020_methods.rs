//! Methods with `&self` are steps, also in traits of their own.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[derive(Clone)]
struct Shop {
    rate: u32,
}

impl Shop {
    #[step]
    async fn charge(&self, cents: u32) -> Result<u32> {
        Ok(cents * self.rate)
    }

    #[step(retry = none)]
    async fn ship(self: &Shop, cx: &StepContext, name: &str) -> Result<String> {
        Ok(format!("{name}{}", cx.attempt() + self.rate))
    }

    #[step]
    async fn open() -> bool {
        true
    }
}

#[durable_workflow]
async fn pay(cents: u32, #[state] shop: Shop) -> Result<String> {
    assert!(Shop::open().await);
    let charged = shop.charge(cents).await?;
    shop.ship(&charged.to_string()).await
}

fn main() {}
