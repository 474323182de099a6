//! Runs each handler on the engine and compares its history with what AWS's conformance suite expects.
//!
//! One module per suite, one test per requirement id.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod callback;
mod child;
mod invoke;
mod map;
mod parallel;
mod plugin;
mod poll;
mod step;
mod support;
mod wait;
mod wait_for_callback;
