//! Tests that kill the engine.

mod crash_everywhere;
mod crash_store;

pub use crash_everywhere::{CrashEverywhere, CrashFailure, CrashPoint, CrashReport};
