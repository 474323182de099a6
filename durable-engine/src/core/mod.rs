//! The pure execution state machine: values in, values out, no clock, no I/O, no randomness.
//!
//! [`Execution`] is the state of one durable execution. Whatever happens to it is a call that takes the time and returns a
//! [`Commit`]: the record, the operations and the history events to store before anybody is told. Tokens and ids come from
//! the caller, who has randomness.
//!
//! | call | what it is |
//! | --- | --- |
//! | [`Execution::begin`] | somebody starts the execution |
//! | [`Execution::invoke`] | the host starts an invocation that is owed |
//! | [`Execution::apply`] | the invocation checkpoints |
//! | [`Execution::invocation_ended`] | the invocation answered, suspended or crashed |
//! | [`Execution::due`] | time has passed |
//! | [`Execution::complete_callback`], [`Execution::heartbeat`] | the outside answers a callback |
//! | [`Execution::complete_invoke`] | an invoked function ended |
//! | [`Execution::stop`] | somebody ends the execution |
//! | [`Execution::pause`], [`Execution::resume`] | somebody lets it rest for a while |
//!
//! # When an invocation is owed
//!
//! At the beginning, after a failed invocation, and whenever a completion (a wait that is over, a retry that is due, a
//! callback's result) has not been told to an invocation that ended in order. An invocation is told of every completion
//! that landed before it started, by its input, and of those that land while it runs, by its next checkpoint's answer.
//! What a suspended workflow waits for is therefore never lost, and never told twice to an invocation that saw it.
//!
//! Completions are not merged over time. While an execution is suspended, [`Execution::due`] completes what is due at the
//! *earliest* instant only, and then an invocation is owed; what was due later completes once that invocation runs, even
//! when all of it is long overdue. So a workflow that slept through an outage sees its timers in the order in which they
//! were due, one invocation each, as if there had been no outage; only timers of the very same instant share one.
//!
//! ```
//! use durable_engine::core::{Checkpoint, Execution, InvocationEnd, NewExecution};
//! use durable_runtime::wire::{OperationType::Step, OperationUpdate, Timestamp};
//!
//! let now = Timestamp::from_millis(1_767_225_600_000);
//! let (mut execution, _commit) = Execution::begin(
//!     NewExecution {
//!         arn: "arn:aws:lambda:eu-west-1:000000000000:function:fulfil:1/durable-execution/order-42/e1".into(),
//!         name: "order-42".into(),
//!         workflow: "fulfil".into(),
//!         input: Some("{}".into()),
//!         callback_key: "random".into(),
//!         ..NewExecution::default()
//!     },
//!     now,
//! )?;
//! let invoked = execution.invoke("request-1".into(), "token-1".into(), now).ok_or("the first is always owed")?;
//! let updates = [OperationUpdate::start(Step, "a1"), OperationUpdate::succeed(Step, "a1").with_payload("1")];
//! let applied = execution.apply(Checkpoint::new(&invoked.token, "token-2".into(), &updates), now)?;
//! assert_eq!(applied.operations[0].result(), Some("1"));
//! let commit = execution.invocation_ended(InvocationEnd::Succeeded("2".into()), now);
//! assert_eq!(commit.record.result.as_deref(), Some("2"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod callback;
mod checkpoint;
mod due;
pub mod event;
mod event_data;
mod execution;
mod invocation;
mod pause;
pub mod record;
mod rejected;
mod rules;
mod state;
mod table;
mod transition;

pub use self::{
    callback::{CallbackRefused, InvokeEnd, callback_target},
    checkpoint::{Applied, Checkpoint, FindTarget},
    event::{
        Event, EventDetails, EventError, EventInput, EventPayload, EventReason, EventResult,
        RetryDetails,
    },
    execution::{Execution, InvalidStart, NewExecution, RestoreError},
    invocation::{InvocationEnd, Invoked},
    pause::{Pause, PauseMarks, PauseRefused, PauseRequest},
    record::{
        Commit, ExecutionRecord, ExecutionStatus, InvokeTarget, Invoker, LastCheckpoint,
        OpenInvocation, Origin, ServiceDetails, StoredOperation,
    },
    rejected::{Rejected, Rule},
    state::BadMarker,
};
