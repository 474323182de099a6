//! A restart stands for a value of any type.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn page(cursor: u64) -> Result<Option<u64>> {
    Ok(Some(cursor + 1))
}

#[durable_workflow]
async fn import(mut cursor: u64) -> Result<u64> {
    for round in 0..100 {
        match page(cursor).await? {
            Some(next) => cursor = next,
            None if round == 0 => return restart(0).named("from the start").await,
            None => return Ok(cursor),
        }
    }
    return restart(cursor).await;
}

#[durable_workflow]
async fn poll_for_ever(seen: Vec<String>) {
    sleep(Duration::from_secs(60)).await;
    restart(seen).await
}

/// A step that happens to have the name.
mod servers {
    use durable_runtime::prelude::*;

    #[step]
    async fn restart(server: &str) -> Result<String> {
        Ok(server.to_owned())
    }

    #[durable_workflow]
    pub async fn maintain(server: String) -> Result<String> {
        restart(&server).await?;
        return restart(&server).named("again").await;
    }
}

fn main() {
    let _ = (import, poll_for_ever, servers::maintain);
}
