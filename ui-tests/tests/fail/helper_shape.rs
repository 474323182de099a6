//! What a helper can't be.

use durable_runtime::prelude::*;

#[durable_helper(name = "x")]
fn plain() {}

#[durable_helper(nmae = "x")]
async fn misspelt() {}

struct Shop;

impl Shop {
    #[durable_helper]
    async fn method(&self) {}
}

#[durable_helper]
async fn with_state(#[state] shop: Shop) {
    let _ = shop;
}

fn main() {
    plain();
    let _ = (misspelt(), with_state(Shop));
    let _ = Shop.method();
}
