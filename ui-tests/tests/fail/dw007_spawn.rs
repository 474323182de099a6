use durable_runtime::prelude::*;
use tokio::task::spawn_blocking as blocking;

#[step]
async fn send(to: u32) -> Result<u32> {
    Ok(to)
}

#[durable_workflow]
async fn newsletter() -> Result<()> {
    tokio::spawn(async { send(1).await });
    blocking(|| 1);
    std::thread::spawn(|| 2);
    Ok(())
}

fn main() {}
