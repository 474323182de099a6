//! Every mistake of a function is reported at once.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow(nome = "pay")]
async fn pay(cents: u32, fee: u32) -> Result<u32> {
    let first = charge(cents).await?;
    let second = charge(fee).await?;
    sleep(Duration::ZERO).await;
    let json = serde_json::json!([charge(3).named("third").await?]);
    let [fourth] = [charge(4)];
    let fourth = { fourth }.await?;
    #[id("nothing")]
    let total = first + second + fourth;
    Ok(total + json.as_array().map_or(0, |list| list.len() as u32))
}

async fn elsewhere() {
    // The signature is there, so that a caller has no error.
    let _call = pay(1, 2);
}

fn main() {}
