//! What is alive across an `.await` can move between threads.
use durable_runtime::prelude::*;
use std::rc::Rc;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    let shared = Rc::new(cents);
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(*shared)
}

#[durable_workflow]
async fn pay(cents: u32) -> Result<u32> {
    let shared = Rc::new(cents);
    let charged = charge(1).await?;
    Ok(charged + *shared)
}

fn main() {}
