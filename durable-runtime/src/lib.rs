//! Replay, checkpoint and suspend: what durable workflows call.
//!
//! A workflow is a plain async function marked `#[durable_workflow]`; its side effects stand in functions marked `#[step]`. Every
//! durable `.await` is recorded under an identity that the macro derives from the source text. After a crash, a deploy or a wait of months the function runs
//! again from the top, and every operation with a record returns it instead of running.
//!
//! ```
//! use durable_runtime::prelude::*;
//!
//! #[step]
//! async fn charge(order: &str) -> Result<u64> {
//!     Ok(order.len() as u64)
//! }
//!
//! #[durable_workflow]
//! async fn fulfil(order: String) -> Result<u64> {
//!     let receipt = charge(&order).await?;
//!     sleep(Duration::from_hours(24)).await;
//!     Ok(receipt)
//! }
//! # let _ = fulfil;
//! ```
//!
//! A host runs workflows: `durable-engine` in any Rust program and in tests, the module `lambda` on AWS Lambda. None of them changes what a workflow does.

mod backoff;
mod canonical;
mod codec;
mod context;
mod current;
mod durable;
mod entropy;
mod error;
mod fault;
pub mod host;
mod identity;
mod invocation;
#[cfg(feature = "json-log")]
mod json_log;
mod json_path;
#[cfg(any(feature = "lambda", feature = "lambda-lean"))]
pub mod lambda;
mod lock;
#[doc(hidden)]
pub mod locked;
mod ops;
mod outcome;
pub mod plugin;
pub mod prelude;
mod probe;
pub mod recorded;
mod registration;
mod replay;
#[cfg(feature = "replay-filter")]
mod replay_filter;
mod retry;
mod saga;
mod site;
mod successor;
mod value;
#[doc(hidden)]
pub mod warning;
pub mod wire;

pub use backoff::{Backoff, WaitStrategy};
pub use codec::{Codec, CodecError, CodecFuture, PayloadContext};
pub use context::StepContext;
pub use current::is_replaying;
pub use durable::{Durable, Tuned};
/// # Example
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[durable_workflow]
/// async fn timed() -> Result<()> {
///     #[allow_durable(DW003, reason = "only for a log line: nothing is decided by it")]
///     let started = std::time::Instant::now();
///     sleep(Duration::from_secs(1)).await;
///     tracing::debug!(elapsed = ?started.elapsed(), "slept");
///     Ok(())
/// }
/// # let _ = timed;
/// ```
pub use durable_macros::allow_durable;
/// # Example
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn charge(cents: u64) -> Result<String> { Ok(format!("receipt for {cents}")) }
///
/// #[durable_helper]
/// fn with_tax(cents: u64) -> u64 { cents + cents * 19 / 100 }
///
/// #[durable_helper]
/// async fn pay(cents: u64) -> Result<String> {
///     sleep(Duration::from_secs(60)).await;
///     charge(with_tax(cents)).await
/// }
///
/// #[durable_workflow]
/// async fn order(cents: u64) -> Result<String> {
///     let deposit = pay(cents / 2).named("deposit").await?;
///     let rest = pay(cents - cents / 2).named("rest").await?;
///     Ok(format!("{deposit}, {rest}"))
/// }
/// # let _ = order;
/// ```
pub use durable_macros::durable_helper;
/// # Example
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[derive(Clone)]
/// struct Prices { cents: u64 }
///
/// #[step]
/// async fn price(prices: &Prices, count: u64) -> Result<u64> { Ok(prices.cents * count) }
///
/// #[durable_workflow(name = "quote", on_divergence = "retry")]
/// async fn quote(count: u64, #[state] prices: Prices) -> Result<u64> {
///     let cents = price(&prices, count).await?;
///     sleep(Duration::from_secs(60)).await;
///     let (a, b) = try_join!(price(&prices, 1).named("one"), price(&prices, 2).named("two"))?;
///     Ok(cents + a + b)
/// }
/// # let _ = quote;
/// ```
pub use durable_macros::durable_workflow;
/// # Example
///
/// ```
/// use durable_runtime::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, thiserror::Error, Serialize, Deserialize)]
/// enum ShipError {
///     #[error("the carrier is busy")]
///     Busy,
///     #[error("no such address")]
///     BadAddress,
///     #[error(transparent)]
///     Slow(#[from] TimedOut),
/// }
///
/// impl ShipError {
///     fn may_pass(&self) -> bool { !matches!(self, Self::BadAddress) }
/// }
///
/// #[step(
///     semantics = "at_most_once",
///     retry = exponential(max_attempts = 4, initial_delay = "2s", max_delay = "1m", jitter = "half"),
///     retry_if = ShipError::may_pass,
///     timeout = "30s",
/// )]
/// async fn ship(cx: &StepContext, address: &str) -> Result<String, ShipError> {
///     if address.is_empty() { return Err(ShipError::BadAddress) }
///     Ok(format!("parcel {} to {address}", cx.idempotency_key()))
/// }
/// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async { assert!(ship("").direct().await.is_err() && ship("x").direct().await.is_ok()) });
/// ```
pub use durable_macros::step;
pub use error::{Error, Result};
pub use fault::{StepFault, StepFaultKind, TimedOut};
pub use identity::{OperationId, SiteId, site_id};
#[cfg(feature = "json-log")]
pub use json_log::JsonLog;
pub use ops::batch::{
    Batch, BatchItem, BatchResult, BatchStatus, CompletionReason, FailFast, ItemStatus,
    ParallelBranch, Progress, Settled, branch, map, parallel,
};
pub use ops::{
    Callback, CallbackError, CallbackId, CallbackResult, CreateCallback, HelperCall, Now, Poll,
    PollExhausted, Race1, Race2, Race3, Race4, Race5, Race6, Race7, Race8, Race9, Race10, Race11,
    Race12, Restart, Semantics, Sleep, SleepUntil, Step, WorkflowCall, child, create_callback, now,
    poll_until, restart, sleep, sleep_until, step,
};
pub use ops::{Invoke, InvokeError, invoke};
pub use ops::{RetryBlock, retry_block};
pub use ops::{WaitForCallback, wait_for_callback};
pub use outcome::{FromTimedOut, Payload, Received, RecordedError};
pub use plugin::{Plugin, Plugins};
pub use registration::{MissingState, State, Workflow, WorkflowFn};
#[cfg(feature = "replay-filter")]
pub use replay_filter::ReplayFilter;
pub use retry::{Exponential, Jitter, NoRetry, RetryDecision, RetryStrategy};
pub use saga::{CompensationFailure, Undone};
pub use site::{Definition, OnDivergence, Site};
pub use value::{Random, RandomNumbers, random, rng, uuid};
pub use wire::ErrorObject;

/// Runs several durable operations at once and waits for all of them: `join!(reserve(&order), print_label(&order))`.
///
/// Gives a tuple of what the branches return. Adds no operation to the history. Each branch is identified by its key (or by a label, `stock => reserve(&order)`),
/// so branches may be added, removed and reordered between deploys.
#[macro_export]
macro_rules! join {
    ($($tokens:tt)*) => {
        ::core::compile_error!("`join!` works inside a `#[durable_workflow]` only [DW002]")
    };
}

/// Like [`join!`] for branches that return `Result`s with one error type: gives `Ok` of a tuple, or the first error.
///
/// When a branch fails while others run, that decision is recorded first, and the others are abandoned.
#[macro_export]
macro_rules! try_join {
    ($($tokens:tt)*) => {
        ::core::compile_error!("`try_join!` works inside a `#[durable_workflow]` only [DW002]")
    };
}

/// Runs several durable operations at once and gives what the first one returns; the others are abandoned.
///
/// The decision is recorded before anything sees the result, so a replay decides the same. With labels, a `match` directly on the race may use them as
/// patterns: `match race!(approved => ask(&r), late => sleep(d)) { approved(answer) => …, late(()) => … }`. Without, the result is a [`Race2`] … [`Race12`].
#[macro_export]
macro_rules! race {
    ($($tokens:tt)*) => {
        ::core::compile_error!("`race!` works inside a `#[durable_workflow]` only [DW002]")
    };
}

/// What the macros' expansion calls. Not for people; anything here may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::context::StepContext;
    // By another name than the one users import, so that no lint calls the qualified path superfluous.
    pub use crate::durable::{Block, Durable as Awaited, block};
    pub use crate::locked as kind;
    pub use crate::ops::batch::{
        Fallible, InlineBatch, ItemKind, ItemOutcome, ItemProbe, Never, Plain, PlainItems, Until,
        map_indexed,
    };
    pub use crate::ops::{
        Branch, Child, CloneProbe, InlineChild, InlinePoll, InlineRetryBlock, InlineStep,
        InlineWaitForCallback, IntoStep, Join, NotClone, NotInline, PlainPoll, PollProbe, Race1,
        Race2, Race3, Race4, Race5, Race6, Race7, Race8, Race9, Race10, Race11, Race12, Semantics,
        StepBody, StepMeta, TryJoin, branch, join, new_helper, new_step, new_workflow, race,
        try_join,
    };
    pub use crate::outcome::{Outcome, fallible, plain};
    pub use crate::probe::{FaultProbe, NoFault, NoTrace, OutcomeProbe, PlainOutcome, TraceProbe};
    pub use crate::recorded::test_run::{DefaultState, NoDefaultState, replay_test};
    pub use crate::retry::{Exponential, Jitter, NoRetry};
    pub use crate::site::{Definition, Site};
    pub use crate::value::value_site;
    pub use crate::{
        __clone_probe as clone_probe, __outcome as outcome, __resolve as inline_child,
        __resolve as inline_step, __resolve as inline_retry_block, __resolve_batch as inline_batch,
        __resolve_poll as inline_poll, __resolve_submitter as inline_wait_for_callback,
    };
}
