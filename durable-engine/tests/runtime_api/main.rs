//! Functions in processes of their own, over the Lambda Runtime API.
#![cfg(all(unix, feature = "server"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod bootstrap;
mod failures;
mod invocations;
mod output;
mod processes;
mod python;
mod support;
