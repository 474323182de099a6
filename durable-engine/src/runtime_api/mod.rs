//! [`Bootstrap`]: a [`Function`](crate::Function) whose code runs in processes of its own and speaks the Lambda Runtime API, as Lambda's own bootstraps do.
//!
//! Any argv will do: a Rust binary built on `durable_runtime::lambda`, `python -m awslambdaric app.handler`, `npx aws-lambda-ric app.handler`. Processes start when
//! they are needed, one for each invocation that runs at the same time; a process that has answered waits for the next event. Who exits before answering or takes too
//! long has failed that invocation, in the words that Lambda uses for it, and the next one gets a new process.
//!
//! ```no_run
//! use std::time::Duration;
//! use durable_engine::runtime_api::Bootstrap;
//! use durable_engine::{DurableConfig, Engine, FunctionConfig};
//!
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let orders = Bootstrap::new("orders", ["python3", "-m", "awslambdaric", "app.handler"])
//!     .current_dir("functions/orders")
//!     .env("TABLE", "orders")
//!     .timeout(Duration::from_secs(30))
//!     .endpoint_url("http://127.0.0.1:9001")
//!     .log_file("logs/orders.log")
//!     .start()?;
//! let config = FunctionConfig::new("orders").durable(DurableConfig::default());
//! let engine = Engine::open("orders.db")?.function(config, orders).start().await?;
//! # let _ = engine; Ok(()) }
//! ```
//!
//! # What a process may do
//! Whatever its user may: it is a child process and no sandbox. It inherits the environment, without credentials: those it sees are made up, unless [`Bootstrap::env`]
//! gives it others. The API that it is served listens on loopback, always, on a port of its own; it refuses web pages and asks nobody else who they are, since no
//! runtime client could say.

mod api;
mod config;
mod endpoint;
mod environment;
mod failure;
mod group;
mod logs;
mod output;
mod pool;
mod process;
mod session;

pub use config::Bootstrap;
pub use endpoint::Endpoint;
pub use pool::Bootstraps;
