//! What is known about a workflow's operations while it is compiled, and what a lock file remembers of them.
//!
//! * [`manifest`]: the control flow of one workflow as data, written by `#[durable_workflow]` when `cargo durable` asks for it.
//! * [`lock`]: `durable.lock`, which is to running executions what a migration is to a database.
//! * [`compare`]: what an edit does to executions that run, as the rules DW101 to DW105 and DW109 say it.
//! * [`update`]: the lock file's next revision.
#![cfg_attr(
    feature = "graph",
    doc = "* [`graph`]: the control flow as a picture, with the feature `graph`."
)]
//!
//! Values in, values out: files and processes are the callers', which are the macro while it compiles and `cargo durable`.
#![forbid(unsafe_code)]

pub mod compare;
#[cfg(feature = "graph")]
pub mod graph;
mod kind;
pub mod lock;
pub mod manifest;
pub mod update;

pub use kind::Kind;

/// The name of the lock file, beside `Cargo.toml`.
pub const LOCK_FILE: &str = "durable.lock";

/// The environment variable that is set while `cargo durable replay` compiles: beside each workflow stands a test then, which replays histories.
pub const REPLAY_TESTS: &str = "DURABLE_REPLAY_TESTS";

/// The environment variable that names the folder which the macros write manifests into, set by `cargo durable` while it compiles.
pub const MANIFEST_DIR: &str = "DURABLE_MANIFEST_DIR";
