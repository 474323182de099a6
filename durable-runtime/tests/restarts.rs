//! An invocation that may write no more, and whose workflow restarts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::Arc;

use common::{Service, Twist, first_input, invocation};
use durable_runtime::host::Outcome;
use durable_runtime::prelude::*;

#[step]
async fn work() -> Result<u32> {
    Ok(1)
}

#[durable_workflow]
async fn again() -> Result<u32> {
    work().await?;
    return restart(()).await;
}

/// It was paused, or another invocation has begun. What it would start now, that one starts.
#[tokio::test(start_paused = true)]
async fn without_another_token_no_successor_is_started() {
    let service = Arc::new(Service::default());
    // It knows no restart, so that to ask for one would fail the execution.
    service.twist(0, Twist::LastCall);
    let outcome = invocation::<again>(&service, first_input()).run().await;
    assert!(matches!(outcome, Outcome::Pending), "{outcome:?}");
    assert_eq!(service.sent(), [["START work", "SUCCEED work"]]);

    let service = Arc::new(Service::default());
    let outcome = invocation::<again>(&service, first_input()).run().await;
    assert!(
        matches!(&outcome, Outcome::Failed(error) if error.error_type.as_deref() == Some("RestartRejected")),
        "{outcome:?}"
    );
}
