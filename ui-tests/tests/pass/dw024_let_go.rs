//! Guards that end before an operation, and what is none.
#![deny(warnings)]
use std::sync::{Arc, Mutex as StdMutex};

use durable_runtime::prelude::*;
use tokio::sync::Mutex;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[derive(Clone)]
struct Shop {
    till: Arc<Mutex<u32>>,
    prices: Arc<StdMutex<u32>>,
}

#[durable_workflow]
async fn in_a_block(#[state] shop: Shop) -> Result<u32> {
    let cents = {
        let till = shop.till.try_lock()?;
        *till
    };
    charge(cents).await?;
    let cents = {
        let prices = shop.prices.lock().unwrap();
        *prices
    };
    charge(cents).named("priced").await
}

#[durable_workflow]
async fn dropped(#[state] shop: Shop) -> Result<u32> {
    let till = shop.till.try_lock()?;
    let cents = *till;
    drop(till);
    charge(cents).await
}

#[durable_workflow]
async fn last(#[state] shop: Shop) -> Result<u32> {
    charge(1).await?;
    let till = shop.till.try_lock()?;
    Ok(*till)
}

#[durable_workflow]
async fn in_a_step(#[state] shop: Shop) -> Result<u32> {
    let till = shop.till.clone();
    step("count", || async {
        let till = till.lock().await;
        charge(*till).direct().await
    })
    .await
}

/// No lock of anybody's, and what it gives is settled by its use.
#[derive(Clone, Debug)]
struct Form;

impl Form {
    fn try_read<T: std::str::FromStr>(&self) -> Option<T> {
        "1".parse().ok()
    }
    fn try_lock(&self) -> Result<String> {
        Ok("locked".to_owned())
    }
    fn blocking_write<T: Default>(&self) -> T {
        T::default()
    }
}

#[durable_workflow]
async fn sounds_alike(#[state] form: Form) -> Result<u32> {
    let cents = form.try_read().ok_or_else(|| Error::msg("no number"))?;
    let text = form.try_lock()?;
    let more = form.blocking_write();
    let sum = charge(cents).await? + charge(more).named("more").await?;
    Ok(sum + text.len() as u32)
}

#[durable_workflow]
async fn exclusive(#[state] form: Form) -> Result<u32> {
    let mut forms = vec![form];
    let first = &mut forms[0];
    let text = first.try_lock()?;
    *first = Form;
    charge(1).await?;
    Ok(text.len() as u32)
}

#[allow(deprecated, reason = "one process, and it is never suspended for long")]
#[durable_workflow]
async fn knowingly(#[state] shop: Shop) -> Result<u32> {
    let till = shop.till.try_lock()?;
    charge(*till).await
}

#[durable_workflow]
async fn here(#[state] shop: Shop) -> Result<u32> {
    #[allow(deprecated, reason = "the same")]
    let till = shop.till.try_lock()?;
    charge(*till).await
}

fn main() {}
