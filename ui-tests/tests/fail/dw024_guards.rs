//! What is held across an operation is lost when the workflow is suspended.
#![deny(deprecated)]
use std::sync::{Arc, LazyLock};

use durable_runtime::prelude::*;
use tokio::sync::{Mutex, RwLock, Semaphore};

static ALL: Mutex<u32> = Mutex::const_new(0);
static LAZY: LazyLock<RwLock<u32>> = LazyLock::new(|| RwLock::new(0));

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[derive(Clone)]
struct Shop {
    till: Arc<Mutex<u32>>,
    prices: Arc<RwLock<u32>>,
    permits: Arc<Semaphore>,
}

#[durable_workflow]
async fn held(#[state] shop: Shop) -> Result<u32> {
    let mut till = shop.till.try_lock()?;
    *till += 1;
    charge(*till).await?;
    drop(till);

    let Ok(prices) = shop.prices.try_read() else {
        return Ok(0);
    };
    for cents in 0..*prices {
        charge(cents).named("each").await?;
    }
    let _all = ALL.try_lock().expect("nobody else");
    let _lazy = LAZY.try_write().map_err(|_| Error::msg("busy"))?;
    let _ = join!(a => charge(1).named("a"), b => charge(2).named("b"));
    Ok(*prices)
}

#[durable_workflow]
async fn owned(#[state] shop: Shop) -> Result<u32> {
    if *shop.till.try_lock()? > 0 {
        let till = shop.till.clone().try_lock_owned()?;
        charge(*till).await?;
    }
    let _permit = shop.permits.try_acquire()?;
    charge(1).named("last").await
}

#[durable_workflow]
async fn files(path: String) -> Result<u64> {
    #[allow_durable(DW012, reason = "it is a part of the program")]
    let file = std::fs::File::open(&path)?;
    charge(1).await?;
    Ok(file.metadata()?.len())
}

fn main() {}
