use std::time::{Instant, SystemTime as Wall};

use durable_runtime::prelude::*;

#[durable_workflow]
async fn invoice() -> Result<u64> {
    let opened = Instant::now();
    sleep(Duration::from_secs(60)).await;
    let day = Wall::now();
    let later = std::time::SystemTime::now();
    Ok(opened.elapsed().as_secs() + later.duration_since(day)?.as_secs())
}

fn main() {}
