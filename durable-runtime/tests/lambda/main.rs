//! The Lambda host against a service on loopback that answers as it is told.
#![cfg(feature = "lambda")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod bootstrap;
mod calls;
mod deadline;
mod plugins;
mod refusals;
mod support;
