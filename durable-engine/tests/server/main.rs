//! The service's API over HTTP: what every request is answered with, and what no request may do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod attacks;
mod callers;
mod held;
mod http;
mod life;
mod model;
mod pages;
mod properties;
mod sdk;
mod serving;
mod texts;
mod wire;
