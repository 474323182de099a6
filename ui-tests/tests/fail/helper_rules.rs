//! The rules hold in helpers, plain and async; a helper's operations are its caller's, so it can't be awaited anywhere else.

use durable_runtime::prelude::*;

#[step]
async fn charge() -> Result<u32> {
    Ok(1)
}

#[durable_helper]
fn today() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

struct Clock;

impl Clock {
    #[durable_helper]
    fn tick(&self) -> u64 {
        let value: u64 = std::env::var("TICK").map_or(0, |text| text.len() as u64);
        value
    }
}

#[durable_helper]
async fn pay() -> Result<u32> {
    println!("paying");
    charge().await
}

fn main() {
    let _ = (today, Clock.tick(), pay());
}
