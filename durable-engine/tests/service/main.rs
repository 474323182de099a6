//! The service's API as calls: functions, what they invoke, and what is done to executions from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod chained;
#[path = "../common/mod.rs"]
mod common;
#[macro_use]
#[path = "../common/passes_on.rs"]
mod passes_on;
mod dying;
mod executions;
mod functions;
mod listing;
mod remote;
mod restarted;

use durable_engine::service::HistoryQuery;
use durable_engine::{DurableConfig, FunctionConfig, TestEngine};

/// A durable function's configuration, with the default settings.
fn durable(name: &str) -> FunctionConfig {
    FunctionConfig::new(name).durable(DurableConfig::default())
}

/// The types of an execution's events.
async fn types(engine: &TestEngine, arn: &str) -> Vec<&'static str> {
    let service = engine.service();
    let page = service.history(arn, HistoryQuery::default()).await.unwrap();
    page.events.iter().map(|event| event.event_type()).collect()
}
