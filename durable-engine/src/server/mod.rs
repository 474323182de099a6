//! [`Server`]: the engine behind the HTTP API of the Lambda service, for clients that know only that.
//!
//! It serves Invoke and the twelve operations on durable executions with the paths, members, statuses, errors, pages and limits of the
//! service's own model. A Lambda client of any language works against it by setting its endpoint URL, and needs no other account than a made-up one:
//!
//! ```
//! use durable_engine::{TestEngine, server::Server};
//! use durable_runtime::prelude::*;
//!
//! #[durable_workflow]
//! async fn double(n: u32) -> Result<u32> {
//!     Ok(n * 2)
//! }
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! let engine = TestEngine::builder().register(double).start().await?;
//! let server = Server::new(engine.service()).bind("127.0.0.1:0").await?;
//! println!("AWS_ENDPOINT_URL_LAMBDA=http://{}", server.local_addr());
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let serving = tokio::spawn(server.serve_until(async { stopped.await.unwrap_or_default() }));
//! # stop.send(()).ok();
//! # serving.await??;
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # Who may call
//! **Anybody who reaches the port.** Signatures are not looked at. So it listens on loopback only, unless [`Server::allow_remote`] says otherwise, and it
//! refuses requests that a browser sends for a web page (those with an `Origin`), because every page can reach loopback.
//!
//! # Where it differs from the service
//! * Of an Invoke, `LogType` is accepted and no `LogResult` is answered.
//! * All that breaks the model's rules is an `InvalidParameterValueException`, JSON that can't be read included; only Invoke knows
//!   `InvalidRequestContentException`. A body over its limit is a `RequestTooLargeException` with any operation.

mod answers;
mod body;
mod calls;
mod check;
mod failure;
mod handler;
mod model;
mod request;
mod response;
mod route;
mod serve;

pub use serve::{Bound, Server, ServerError};
