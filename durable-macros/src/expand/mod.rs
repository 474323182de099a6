//! From an annotated function to what takes its place.

mod common;
pub(crate) mod fallback;
mod lifetimes;
pub(crate) mod step;
pub(crate) mod workflow;
