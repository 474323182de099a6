//! What a file with workflows imports: `use durable_runtime::prelude::*;`.

pub use std::time::Duration;

pub use crate::allow_durable;
pub use crate::durable_helper;
pub use crate::retry_block;
pub use crate::wait_for_callback;
pub use crate::{
    Backoff, Callback, CallbackError, CallbackId, Durable, Error, Exponential, Jitter, NoRetry,
    PollExhausted, Result, Semantics, StepContext, TimedOut, child, create_callback,
    durable_workflow, join, now, poll_until, race, random, restart, rng, sleep, sleep_until, step,
    try_join, uuid,
};
pub use crate::{BatchResult, CompletionReason, branch, map, parallel};
pub use crate::{InvokeError, invoke};
