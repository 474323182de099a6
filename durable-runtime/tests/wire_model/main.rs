//! The wire types against the service's own model, member by member.
//!
//! The model is `tests/data/lambda-durable-api.json`. Where the original is at hand (`DURABLE_API_MODEL`, or
//! `shared/protocol/lambda-durable-api.json` in a folder above), the copy must equal it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that meets the unexpected fails its test"
)]

mod model;
mod properties;
mod shapes;
