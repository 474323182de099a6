//! The Lambda host against a service on loopback that answers as it is told, with each client that is built in.
#![cfg(any(feature = "lambda", feature = "lambda-lean"))]
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
