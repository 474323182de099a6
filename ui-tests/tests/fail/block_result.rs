//! The result of an `async` block is used as another type.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<String> {
    let (charged, name) = join!(
        charge(cents),
        name => async {
            sleep(Duration::from_secs(1)).await;
            cents
        },
    );
    let length: usize = charged?;
    let name: String = name;
    Ok(name + &length.to_string())
}

fn main() {}
