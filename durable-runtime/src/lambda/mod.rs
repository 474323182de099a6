//! The Lambda host: a workflow as a Lambda durable function.
//!
//! This is the whole of a bootstrap binary:
//!
//! ```no_run
//! use durable_runtime::lambda;
//! use durable_runtime::prelude::*;
//!
//! #[durable_workflow]
//! async fn greet(name: String) -> Result<String> {
//!     sleep(Duration::from_hours(24)).await;
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! fn main() -> Result<(), lambda::Error> {
//!     lambda::run_blocking(greet)
//! }
//! ```
//!
//! The function needs `DurableConfig`, which can only be set when it is created, and is invoked with a qualifier (a version or an alias). Region and credentials are those that
//! Lambda puts into the environment; `AWS_ENDPOINT_URL_LAMBDA` or `AWS_ENDPOINT_URL` lead to another service, such as `cargo durable serve`.
//!
//! # Which client
//!
//! The service is called by one of two clients, which the crate's features choose:
//!
//! * `lambda`, on by default: the AWS SDK's. Take it for an HTTP client, a proxy, credentials or an endpoint of your own (`Runtime::client`), for FIPS, or because the function
//!   has the AWS SDK in it anyway.
//! * `lambda-lean`, without default features: `LeanClient`, over hyper and rustls. Take it for a small binary, a fast start and a fast build, when the environment that Lambda sets
//!   is all there is to know. Everything else is the same: retries, timeouts, and what an error means.
//!
//! ```toml
//! durable-runtime = { version = "0.1", default-features = false, features = ["lambda-lean", "json-log"] }
//! ```
//!
//! With both on, as Cargo makes it when two crates of a build ask for one each, the AWS SDK is called unless the host is handed a `LeanClient` with `Runtime::lean_client`.
//!
//! # The log
//!
//! Workflows, and the runtime beneath them, log through `tracing`. With the feature `json-log`, which `lambda` includes, [`run`] writes events to stdout as JSON lines, unless the
//! process has a global subscriber already. `lambda-lean` by itself sets up nothing, to be as small as can be: events go to the subscriber that `main` sets up, and to nobody when it sets
//! up none. An invocation that fails is then a line on stderr, and nothing else is. A subscriber of one's own wants `ReplayFilter`, of the feature `replay-filter`, or workflow
//! code logs once per replay.

mod backend;
mod ending;
mod environment;
mod error;
mod event;
mod failure;
#[cfg(feature = "lambda-lean")]
mod lean;
#[cfg(feature = "json-log")]
mod logging;
mod refusal;
mod runtime;
#[cfg(feature = "lambda")]
mod sdk;
mod service;

/// The crate whose client [`Runtime::client`] takes, in the version this one was built with.
#[cfg(feature = "lambda")]
pub use aws_sdk_lambda;
pub use error::Error;
pub use failure::InvocationFailure;
/// The crate whose types stand in this module, in the version it was built with.
pub use lambda_runtime;
#[cfg(feature = "lambda-lean")]
pub use lean::LeanClient;
pub use runtime::Runtime;
pub use service::Service;

use crate::registration::{Workflow, WorkflowFn};

/// Serves this workflow until Lambda ends the process: `lambda::run(fulfil).await`.
///
/// # Errors
/// When the process doesn't run on Lambda, or its Runtime API is gone. What fails an invocation is reported to Lambda and ends nothing.
pub async fn run<W: Workflow, Arguments>(
    workflow: impl WorkflowFn<W, Arguments>,
) -> Result<(), Error> {
    host(workflow).run().await
}

/// [`run`] for a `main` that isn't async.
///
/// # Errors
/// As [`run`], or when the system gives no threads.
pub fn run_blocking<W: Workflow, Arguments>(
    workflow: impl WorkflowFn<W, Arguments>,
) -> Result<(), Error> {
    host(workflow).run_blocking()
}

/// A workflow that needs something before it runs, such as values for its `#[state]` parameters.
///
/// ```no_run
/// use durable_runtime::lambda;
/// use durable_runtime::prelude::*;
///
/// #[derive(Clone)]
/// struct Prices { cents: u64 }
///
/// #[durable_workflow]
/// async fn quote(count: u64, #[state] prices: Prices) -> Result<u64> {
///     Ok(count * prices.cents)
/// }
///
/// fn main() -> Result<(), lambda::Error> {
///     lambda::host(quote).state(Prices { cents: 250 }).run_blocking()
/// }
/// ```
pub fn host<W: Workflow, Arguments>(_workflow: impl WorkflowFn<W, Arguments>) -> Runtime {
    Runtime::new::<W>()
}
