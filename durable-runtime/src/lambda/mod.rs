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

mod backend;
mod client;
mod convert;
mod ending;
mod error;
mod event;
mod failure;
mod logging;
mod refusal;
mod runtime;
mod service;

pub use error::Error;
pub use failure::InvocationFailure;
pub use runtime::Runtime;
pub use service::Service;
/// The crates whose types stand in this module, in the versions it was built with.
pub use {aws_sdk_lambda, lambda_runtime};

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
