//! The durable execution service, embedded: state machine, storage, timers and an in-process host.
//!
//! [`Engine`] runs workflows in any Rust program, on a single-file database, with nothing to install. [`TestEngine`] is the same engine in memory
//! and in virtual time.
//!
//! ```
//! use durable_engine::Engine;
//! use durable_runtime::prelude::*;
//!
//! #[step]
//! async fn greet(name: &str) -> Result<String> {
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! #[durable_workflow]
//! async fn welcome(name: String) -> Result<String> {
//!     greet(&name).await
//! }
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("welcome.db");
//! let engine = Engine::open(&path)?.register(welcome).start().await?;
//! let run = engine.start(welcome, "Ada".to_owned()).id("ada").await?;
//! assert_eq!(run.result().await?, "Hello, Ada!");
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

#[cfg(feature = "server")]
mod browser;
mod builder;
mod callback;
pub mod clock;
pub mod core;
mod engine;
mod error;
mod function;
mod host;
mod inspect;
mod replays;
mod run;
#[cfg(feature = "server")]
pub mod runtime_api;
#[cfg(feature = "server")]
pub mod server;
pub mod service;
pub mod store;
mod test_engine;
mod testing;

pub use builder::EngineBuilder;
#[doc(hidden)]
pub use durable_runtime::host::State as __State;
#[doc(hidden)]
pub use replays::assert_replays as __assert_replays;

pub use callback::{CallbackHandle, CallbackSendError};
pub use clock::{Clock, SystemClock, VirtualClock};
pub use core::{Event, ExecutionRecord, ExecutionStatus};
pub use engine::Engine;
pub use error::{EngineError, RunError};
pub use function::{DurableConfig, Function, FunctionConfig, FunctionError, FunctionRequest};
pub use run::{Run, StartRequest};
pub use service::{Service, ServiceError};
pub use store::{ExecutionSummary, ListFilter, StoreError};
pub use test_engine::{TestEngine, TestEngineBuilder};
pub use testing::{CrashEverywhere, CrashFailure, CrashPoint, CrashReport};
