//! The end of an invocation's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use durable_runtime::lambda;
use durable_runtime::prelude::*;

use crate::support::{Client, Stub, envelope, invoke_within, with_each_client};

with_each_client! {
    an_invocation_ends_before_lambda_ends_it_and_the_step_hears_of_it,
    work_that_can_not_be_stopped_marks_the_process,
    a_step_knows_how_much_time_is_left,
}

const TIME: Duration = Duration::from_millis(400);

/// Set by a step that heard of its end, and by blocking work at its own.
#[derive(Clone, Default)]
struct Heard(Arc<AtomicBool>);

#[step]
async fn never(cx: &StepContext, heard: &Heard) -> Result<()> {
    let (cancelled, heard) = (cx.cancelled(), heard.clone());
    tokio::spawn(async move {
        cancelled.await;
        heard.0.store(true, Ordering::SeqCst);
    });
    std::future::pending().await
}

#[durable_workflow]
async fn endless(#[state] heard: Heard) -> Result<()> {
    never(&heard).await
}

#[step]
async fn stubborn(cx: &StepContext, heard: &Heard) -> Result<()> {
    let heard = heard.clone();
    let work = move || {
        while !heard.0.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    cx.spawn_blocking(work).await;
    Ok(())
}

#[durable_workflow]
async fn blocked(#[state] heard: Heard) -> Result<()> {
    stubborn(&heard).await
}

#[step]
async fn time_left(cx: &StepContext) -> u64 {
    let left = cx.deadline().unwrap() - Instant::now();
    u64::try_from(left.as_millis()).unwrap()
}

#[durable_workflow]
async fn remaining() -> u64 {
    time_left().await
}

async fn an_invocation_ends_before_lambda_ends_it_and_the_step_hears_of_it(client: Client) {
    let heard = Heard::default();
    let service = Stub::default()
        .host(client, lambda::host(endless).state(heard.clone()))
        .await;
    let started = Instant::now();

    let failure = invoke_within(&service, envelope("null"), TIME)
        .await
        .unwrap_err();

    assert_eq!(failure.error_type, "OutOfTime");
    assert!(failure.message.contains("longer timeout"), "{failure}");
    assert!(started.elapsed() < TIME, "{:?}", started.elapsed());
    assert!(!service.is_outlived());
    while !heard.0.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
}

async fn work_that_can_not_be_stopped_marks_the_process(client: Client) {
    let heard = Heard::default();
    let service = Stub::default()
        .host(client, lambda::host(blocked).state(heard.clone()))
        .await;

    let failure = invoke_within(&service, envelope("null"), TIME)
        .await
        .unwrap_err();

    assert_eq!(failure.error_type, "OutOfTime");
    assert!(service.is_outlived());
    heard.0.store(true, Ordering::SeqCst);
}

async fn a_step_knows_how_much_time_is_left(client: Client) {
    let service = Stub::default().host(client, lambda::host(remaining)).await;

    let output = invoke_within(&service, envelope("null"), Duration::from_secs(100))
        .await
        .unwrap();

    let left: u64 = output.result.unwrap().parse().unwrap();
    assert!((90_000..99_501).contains(&left), "{left}");
}
