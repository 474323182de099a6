//! `cargo durable serve` with real bootstrap processes: this very binary, as functions.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod functions;
mod refused;
mod served;
mod support;
