//! The workflows that the conformance suite of AWS's durable execution SDKs asks for, one per requirement.
//!
//! A requirement describes a handler in words and lists the history that running it must leave. The handlers here are written as any user would write
//! them; the tests run them on the engine and compare the histories, and the binary `bootstrap` serves them as Lambda functions.

pub mod handlers;
pub mod manifest;
mod outside;
mod table;
mod targets;

pub use outside::Outside;
pub use table::{FUNCTIONS, Function};
pub use targets::Targets;
