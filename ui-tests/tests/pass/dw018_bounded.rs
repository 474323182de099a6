//! Loops with an end, or without an operation.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn check(server: &str) -> Result<bool> {
    Ok(!server.is_empty())
}

#[durable_workflow]
async fn with_break(server: String) -> Result<bool> {
    loop {
        if check(&server).await? {
            break Ok(true);
        }
    }
}

#[durable_workflow]
async fn with_return(server: String) -> Result<bool> {
    loop {
        let true = check(&server).await? else {
            return Ok(false);
        };
    }
}

#[durable_workflow]
async fn with_labels(server: String) -> Result<bool> {
    'servers: for _ in 0..2 {
        loop {
            if check(&server).await? {
                continue 'servers;
            }
        }
    }
    'outer: loop {
        loop {
            if check(&server).named("inner").await? {
                break 'outer;
            }
        }
    }
    'own: loop {
        for _ in 0..3 {
            if check(&server).named("own").await? {
                break 'own;
            }
        }
    }
    Ok(true)
}

#[durable_workflow]
async fn with_restart(seen: u32) -> Result<u32> {
    loop {
        sleep(Duration::from_secs(60)).await;
        if seen > 100 {
            restart(0).await
        }
    }
}

#[durable_workflow]
async fn without_operation(mut left: u32) -> Result<bool> {
    let stop = loop {
        left = left.saturating_sub(1);
        if left == 0 {
            break true;
        }
    };
    if !stop {
        loop {
            std::hint::spin_loop();
        }
    }
    check("last").await
}

#[durable_workflow]
async fn bounded(server: String) -> Result<bool> {
    for _ in 0..10 {
        check(&server).await?;
    }
    while check(&server).named("while").await? {}
    Ok(true)
}

#[allow(deprecated, reason = "somebody stops it")]
#[durable_workflow]
async fn knowingly() -> Result<u32> {
    loop {
        sleep(Duration::from_secs(60)).await;
    }
}

fn main() {}
