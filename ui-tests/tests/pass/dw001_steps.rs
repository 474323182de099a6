//! A step is awaited wherever an expression can stand.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step]
async fn find(id: u32) -> Option<u32> {
    Some(id)
}

#[durable_workflow]
pub async fn pay(ids: Vec<u32>) -> Result<u32> {
    let mut total = charge(1).await?;
    for id in ids {
        total += {
            let id = id + 1;
            (charge(id).keyed(id)).named("in a block").await?
        };
        if find(id).await.is_some_and(|found| found > 1) {
            break;
        }
    }
    let Some(found) = find(total).named("found").await else {
        return charge(2).named("give up").await;
    };
    Ok(match find(found).named("matched").await {
        Some(found) if find(found).named("guard").await.is_some() => {
            charge(found).named("arm").await?
        }
        _ => 0,
    })
}

fn main() {}
