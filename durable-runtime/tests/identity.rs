//! Identity `v1`, pinned: the ids that operations get at run time, root and nested. They are in stored histories, so these literals must
//! never change. They were computed with Python's hashlib from the table in `docs/identity.md`, not with this code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::Arc;

use common::{Service, first_input, invocation};
use durable_runtime::host::Outcome;
use durable_runtime::prelude::*;
use durable_runtime::wire::{OperationAction, OperationStatus};

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step]
async fn bill(sku: &str) -> Result<String> {
    Ok(sku.to_owned())
}

#[durable_workflow]
async fn audit() -> Result<u32> {
    charge(7).await
}

#[durable_workflow]
async fn fulfil() -> Result<String> {
    charge(1).await?;
    for sku in ["pot", "cup", "pot"] {
        bill(sku).keyed(sku).await?;
    }
    for cents in 0..2 {
        charge(cents).named("again").await?;
    }
    let (one, two) = join!(
        charge(2).named("left"),
        right => async { charge(3).named("right").await },
    );
    one?;
    two?;
    child("inner", || async { charge(4).named("in child").await }).await?;
    audit().await?;
    Ok(uuid().to_string())
}

#[tokio::test]
async fn the_ids_of_v1() {
    let service = Arc::new(Service::default());

    let Outcome::Succeeded(result) = invocation::<fulfil>(&service, first_input()).run().await
    else {
        panic!("it did not succeed")
    };

    let calls = service.calls.lock().unwrap();
    let started = calls
        .iter()
        .flatten()
        .filter(|update| update.action == OperationAction::Start);
    let written: String = started
        .map(|update| {
            format!(
                "{}\t{}\n",
                update.name.as_deref().unwrap_or_default(),
                update.id
            )
        })
        .collect();
    let expected = include_str!("data/identity-v1.txt");
    assert_eq!(
        format!("{written}uuid\t{}\n", result.trim_matches('"')),
        expected
    );
}

#[step(retry = none)]
async fn fail() -> Result<()> {
    Err(Error::msg("it always fails"))
}

#[durable_workflow]
async fn shop() -> Result<()> {
    map(0..2, |cents| async move { charge(cents).await }).await?;
    map(["pot", "cup"], |sku| async move { bill(sku).await })
        .named("bills")
        .keyed(|sku| *sku)
        .flat()
        .await?;
    let _: u32 = wait_for_callback(|_id| charge(5)).await?;
    retry_block("block", || async { fail().await }).await
}

/// The ids inside operations that are made of several: items, by index and by key, a callback and its submitter, the attempts of a block and what is
/// between them.
#[tokio::test]
async fn the_ids_of_items_and_parts_of_v1() {
    let service = Arc::new(Service::default());
    service.on_open(|operation| {
        operation.status = OperationStatus::Succeeded;
        let details = operation.callback_details.get_or_insert_default();
        details.callback_id = Some("id".to_owned());
        details.result = Some("7".to_owned());
    });

    let outcome = invocation::<shop>(&service, first_input()).run().await;

    assert!(matches!(outcome, Outcome::Pending), "{outcome:?}");
    let calls = service.calls.lock().unwrap();
    let mut started: Vec<String> = calls
        .iter()
        .flatten()
        .filter(|update| update.action == OperationAction::Start)
        .map(|update| format!("{}\t{}", update.name.as_deref().unwrap_or("-"), update.id))
        .collect();
    // Side by side: their order on the wire is not what is frozen here.
    started.sort();
    assert_eq!(
        started.join("\n") + "\n",
        include_str!("data/identity-v1-parts.txt")
    );
}

#[durable_helper]
async fn inner() -> Result<u32> {
    charge(8).named("deep").await
}

#[durable_helper]
async fn pay() -> Result<u32> {
    charge(7).await?;
    let (left,) = join!(charge(2).named("left"));
    inner().await?;
    child("in child", || async { charge(4).named("below").await }).await?;
    left
}

#[durable_workflow]
async fn order() -> Result<u32> {
    let first = pay().await?;
    for round in 1..3 {
        pay().named("again").keyed(round).await?;
    }
    Ok(first)
}

/// The ids in helpers: their scopes, and the virtual ones inside, are marked; the scope inside a CONTEXT is not.
#[tokio::test]
async fn the_ids_of_helpers_of_v1() {
    let service = Arc::new(Service::default());

    let outcome = invocation::<order>(&service, first_input()).run().await;

    assert!(matches!(outcome, Outcome::Succeeded(_)), "{outcome:?}");
    let calls = service.calls.lock().unwrap();
    let started: String = calls
        .iter()
        .flatten()
        .filter(|update| update.action == OperationAction::Start)
        .map(|update| format!("{}\t{}\n", update.name.as_deref().unwrap_or("-"), update.id))
        .collect();
    assert_eq!(started, include_str!("data/identity-v1-helpers.txt"));
}
