//! The execution state machine, rule by rule, through its public API.
//!
//! Every commit that any of these tests causes is applied to a model of a store, and what that store then holds must
//! restore to the execution itself; see [`support`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that meets the unexpected fails its test"
)]

mod callbacks;
mod checkpoints;
mod events;
mod invocations;
mod lives;
mod pauses;
mod properties;
mod rules;
mod state;
mod steps;
mod support;
mod timers;
