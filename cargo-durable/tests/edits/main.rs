//! The table of edits: each is made to a real package whose workflow is locked, and compiled; and those that are safe are made to one with an execution in
//! flight, which the old program started, and the new one takes to its end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod package;
mod refused;
mod replay;
mod safe;
mod tool;
