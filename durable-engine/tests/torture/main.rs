//! Real faults: processes killed and stopped under load, database files cut and flipped, disks that are full, clocks that jump.
//!
//! Everything random comes from a seed that is printed; `TORTURE_SEED` repeats it. `TORTURE_KILLS` is how often the engine under load is killed: 20 times unless said
//! otherwise, 1,000 times before a release.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod client;
mod clocks;
mod engine;
mod full;
mod kills;
mod laws;
mod ledger;
mod outside;
mod seed;
mod stopped;
#[path = "../store_support/mod.rs"]
mod store_support;
mod torn;
mod torn_copies;
mod work;
