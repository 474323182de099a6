//! What plugins are told, and in what order: live, resident, replayed, and after a crash.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;
mod fields;
mod order;
mod outside;
mod recorder;
mod trouble;
