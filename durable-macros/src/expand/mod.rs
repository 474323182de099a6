//! From an annotated function to what takes its place.

mod call;
mod common;
pub(crate) mod definition;
pub(crate) mod fallback;
pub(crate) mod helper;
mod lifetimes;
mod round_trip;
pub(crate) mod step;
pub(crate) mod workflow;
