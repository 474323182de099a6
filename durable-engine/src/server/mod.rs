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
//! * **On loopback: every program on this machine**, whatever signature it sends. Web pages are refused, because every page that somebody looks at can reach
//!   loopback: a request that a browser sent (it has `Origin` or `Sec-Fetch-Site`), and one that came in under another name than that of loopback (`Host`), which is
//!   how a page gets around the first check by DNS rebinding.
//! * **With [`Server::authenticate`]: who has credentials**, and only then may it listen where other machines reach it. AWS's clients sign with an access key
//!   ([`AccessKey`]) as they would for the service, in any region; other clients may send a bearer token. No path is exempt; a probe that only wants to know
//!   whether the server lives takes any answer, or a connection.
//!
//! A signature holds for the request it was made for, and for five minutes; within these the same request is taken again. Nothing is encrypted: where the network is not
//! trusted, put a proxy with TLS before it that passes `Host` on unchanged. What is promised and what isn't, with the test of each, is in `docs/security.md`.
//!
//! # What is too much
//! A head of 64 KiB or 100 headers, or that takes more than 30 s, which is also how long an idle connection is kept; a body over its operation's limit, or that takes more
//! than 60 s; an answer that the client doesn't read on for 60 s; more connections than [`Server::max_connections`].
//!
//! # Where it differs from the service
//! * Of an Invoke, `LogType` is accepted and no `LogResult` is answered.
//! * All that breaks the model's rules is an `InvalidParameterValueException`, JSON that can't be read included; only Invoke knows
//!   `InvalidRequestContentException`. A body over its limit is a `RequestTooLargeException` with any operation.

mod answers;
mod auth;
mod body;
mod calls;
mod check;
mod connections;
mod failure;
mod handler;
mod model;
mod request;
mod response;
mod route;
mod serve;

pub use auth::{AccessKey, Credentials, CredentialsError};
pub use serve::{Bound, Server, ServerError};
