use std::time::SystemTime;

use durable_runtime::prelude::*;

mod office {
    pub struct Instant;
    impl Instant {
        pub fn now() -> u64 {
            9
        }
    }
}
use office::Instant;

#[step]
async fn today() -> Result<u64> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs())
}

#[durable_workflow]
async fn invoice() -> Result<u64> {
    let day = today().await?;
    let inline = step("inline", || async { SystemTime::now().elapsed().map(|age| age.as_secs()).unwrap_or(0) }).await;
    #[allow_durable(DW003, reason = "only for a log line")]
    let started = SystemTime::now();
    tracing_like(started);
    Ok(day + inline + Instant::now())
}

fn tracing_like(_: SystemTime) {}

#[allow_durable(DW003, DW019, reason = "a demo")]
#[durable_workflow]
async fn demo() -> Result<()> {
    println!("{:?}", std::time::Instant::now());
    Ok(())
}

fn main() {
    let _ = (invoice, demo);
}
