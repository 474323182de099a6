//! The operations: what awaiting a step, a sleep, a child or a combinator does.

/// The methods that name a call, for a builder whose own methods must stay reachable behind them.
macro_rules! tuned_builder {
    () => {
        /// See [`Durable::named`](crate::Durable::named).
        pub fn named(mut self, name: &'static str) -> Self {
            self.tuning.set_name(name);
            self
        }

        /// See [`Durable::label`](crate::Durable::label).
        pub fn label(mut self, label: impl Into<String>) -> Self {
            self.tuning.set_label(label);
            self
        }

        /// See [`Durable::keyed`](crate::Durable::keyed).
        pub fn keyed(mut self, key: impl serde::Serialize) -> Self {
            self.tuning.set_key(key);
            self
        }
    };
}

pub(crate) mod batch;
mod body;
mod callback;
mod callback_error;
mod child;
mod combine;
mod context;
mod helper;
mod into_step;
mod invoke;
mod invoke_error;
mod join;
mod look;
mod now;
mod outside;
mod payload;
mod poll;
mod poll_outcome;
mod poll_run;
mod race;
mod restart;
mod retry_block;
mod sent;
mod sleep;
mod step;
mod step_record;
mod step_run;
mod submitter;
mod timeouts;
mod wait_for_callback;

pub use body::{CloneProbe, NotClone, StepBody};
pub use callback::{Callback, CallbackId, CallbackResult, CreateCallback, create_callback};
pub use callback_error::CallbackError;
pub use child::{Child, InlineChild, WorkflowCall, child, new_workflow};
pub use combine::{Branch, branch};
pub use helper::{HelperCall, new_helper};
pub use into_step::{IntoStep, NotInline};
pub use invoke::{Invoke, invoke};
pub use invoke_error::InvokeError;
pub use join::{Join, TryJoin, join, try_join};
pub use now::{Now, now};
pub use poll::{InlinePoll, Poll, poll_until};
pub use poll_outcome::{PlainPoll, PollExhausted, PollProbe};
pub use race::*;
pub use restart::{Restart, restart};
pub use retry_block::{InlineRetryBlock, RetryBlock, retry_block};
pub(crate) use sent::sent_from_outside;
pub use sleep::{Sleep, SleepUntil, sleep, sleep_until};
pub use step::{InlineStep, Semantics, Step, StepMeta, new_step, step};
pub(crate) use step_record::RESULT_UNDECODABLE;
pub use wait_for_callback::{InlineWaitForCallback, WaitForCallback, wait_for_callback};
