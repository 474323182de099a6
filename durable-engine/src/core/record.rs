//! What is stored of an execution: three kinds of values, and the [`Commit`] that writes them together.

use std::sync::Arc;

use durable_runtime::wire::{ErrorObject, Operation, Timestamp, limits};
use serde::{Deserialize, Serialize};

use super::{Event, Pause, PauseMarks};

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// Running, or suspended until something wakes it.
    Running,
    /// Ended with a result.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Ended by its own timeout.
    TimedOut,
    /// Ended by somebody outside.
    Stopped,
    /// Asked to pause; its invocation has not reached a checkpoint yet.
    Pausing,
    /// Paused: no invocation starts until it is resumed.
    Paused,
    /// About to be removed.
    Deleting,
}

impl ExecutionStatus {
    /// Whether nothing will change any more.
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::TimedOut | Self::Stopped | Self::Deleting
        )
    }

    /// The word the service's API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Stopped => "STOPPED",
            Self::Pausing => "PAUSING",
            Self::Paused => "PAUSED",
            Self::Deleting => "DELETING",
        }
    }
}

/// All of an execution but its operations and its history. Its size does not grow with them.
///
/// The members up to [`origin`](Self::origin) never change after [`Commit::created`]; they are shared, so cloning a record
/// copies no payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRecord {
    /// The execution's ARN, its key.
    pub arn: Arc<str>,
    /// Its name, unique among its workflow's executions: what the caller makes it idempotent by.
    pub name: Arc<str>,
    /// The workflow it runs.
    pub workflow: Arc<str>,
    /// Its input, as JSON.
    pub input: Option<Arc<str>>,
    /// Seconds after which it is ended.
    pub timeout_seconds: Option<u32>,
    /// A secret that makes its callback ids unguessable.
    pub callback_key: Arc<str>,
    /// When it began.
    pub started: Timestamp,
    /// Who asked for it, and how.
    #[serde(default)]
    pub origin: Arc<Origin>,

    /// Where it stands.
    pub status: ExecutionStatus,
    /// Its result, as JSON. There before the status says so when the workflow has checkpointed it; see
    /// [`closing`](Self::closing).
    pub result: Option<String>,
    /// Its error; likewise.
    pub error: Option<ErrorObject>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The workflow has checkpointed its own end, and becomes this once its invocation is over.
    pub closing: Option<ExecutionStatus>,
    /// The token the next checkpoint must bring; none while no invocation may write.
    pub token: Option<String>,
    /// The number of the next history event.
    pub next_event_id: u64,
    /// The number of the next operation.
    pub next_seq: u64,
    /// The invocation that runs now.
    pub invocation: Option<OpenInvocation>,
    /// An invocation has to be started, at this time or as soon after it as possible.
    pub invoke_at: Option<Timestamp>,
    /// How many invocations in a row ended without an answer and without having recorded anything.
    pub failures: u32,
    /// How often operations changed other than by an update of the workflow; see [`StoredOperation::changed`].
    pub changes: u64,
    /// Changes up to this number were told to an invocation that ended in order.
    pub delivered: u64,
    /// The last checkpoint that brought a client token, to answer a repetition of it.
    pub last_checkpoint: Option<LastCheckpoint>,
    /// A pause that was asked for and is not over.
    #[serde(default)]
    pub pause: Option<Pause>,
    /// How long pauses that are over have stopped its timeout.
    #[serde(default)]
    pub paused_millis: u64,
    /// The last requests to pause and to resume.
    #[serde(default)]
    pub pause_marks: PauseMarks,
    /// When it may be removed. None while it runs, and for ever when nothing says how long it is kept.
    #[serde(default)]
    pub delete_at: Option<Timestamp>,
}

/// How an execution came about, as far as it matters later. Never changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Origin {
    /// The operation of another execution that waits for its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<Invoker>,
    /// The tenant it runs for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The trace it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_header: Option<String>,
    /// Nobody waits for it at the other end of a call, so its result may have 1 MiB and not 6.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asynchronous: bool,
    /// Days it is kept after its end; none: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
}

impl Origin {
    /// The most bytes its result may have.
    pub const fn result_max(&self) -> usize {
        if self.asynchronous {
            limits::OPERATION_PAYLOAD_MAX
        } else {
            limits::WIRE_PAYLOAD_MAX
        }
    }
}

/// A CHAINED_INVOKE that an execution runs for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Invoker {
    /// The execution that waits.
    pub arn: Arc<str>,
    /// Its operation.
    pub operation: String,
}

/// An invocation that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvocation {
    /// Its id, for logs.
    pub request_id: String,
    /// When it was started.
    pub started: Timestamp,
    /// Changes up to this number were told to it.
    pub told: u64,
    /// It has recorded something.
    pub progressed: bool,
    /// A pause has cut it short: it may write no more, and another one is owed after the pause.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// What it takes to give the same answer to the same checkpoint again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCheckpoint {
    /// The caller's own mark.
    pub client_token: String,
    /// The token it came with. The token it was answered with is [`ExecutionRecord::token`].
    pub token: String,
    /// The operations it was answered with, by [`StoredOperation::seq`].
    pub operations: Vec<u64>,
}

/// An operation as it is stored. The EXECUTION operation isn't: it says nothing that [`ExecutionRecord`] doesn't.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOperation {
    /// Its place in the order in which the execution's operations were started: 0, 1, 2, … without gaps. With the ARN it is
    /// the key under which a later commit replaces it.
    pub seq: u64,
    /// What the workflow is told of it.
    pub operation: Operation,
    /// When it changed other than by an update of the workflow, this change's number among all such changes of the
    /// execution; none otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<u64>,
    /// What only the service needs of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceDetails>,
}

/// What the service must remember of an operation and the wire has no member for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceDetails {
    /// Of a CALLBACK.
    Callback {
        /// When it times out.
        timeout: Option<Timestamp>,
        /// Seconds it may go without a heartbeat.
        heartbeat_seconds: Option<u32>,
        /// When the next heartbeat is overdue.
        heartbeat: Option<Timestamp>,
    },
    /// Of a CHAINED_INVOKE.
    ChainedInvoke {
        /// The function to invoke.
        function_name: String,
        /// The tenant to invoke it for.
        tenant_id: Option<String>,
        /// The event to invoke it with.
        input: Option<String>,
        /// The trace it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace_header: Option<String>,
        /// What that name stands for; none: nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<InvokeTarget>,
    },
}

/// What a CHAINED_INVOKE invokes, decided when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvokeTarget {
    /// The function, by the name it is registered with.
    pub function: String,
    /// Its version.
    pub executed_version: String,
    /// The execution that it runs in, when it is durable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub durable_execution_arn: Option<String>,
}

/// Everything that one transition changed, to be written in one transaction. A store applies commits of one execution in
/// order; loading what it then holds and [`Execution::restore`](super::Execution::restore) give the execution back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// This is the execution's first commit: its record must not exist yet. Otherwise it must.
    pub created: bool,
    /// The record as it is now.
    pub record: ExecutionRecord,
    /// Operations that are new or changed, as they are now.
    pub operations: Vec<StoredOperation>,
    /// New history events.
    pub events: Vec<Event>,
    /// The record says something that must outlive this process although nothing else has changed.
    #[serde(default)]
    pub urgent: bool,
}

impl Commit {
    /// Whether nothing happened that must outlive this process. Such a commit may be left out: at most the position in the
    /// token chain is in it, which ends with the process.
    pub fn is_empty(&self) -> bool {
        !self.created && !self.urgent && self.operations.is_empty() && self.events.is_empty()
    }

    /// This commit and the one that follows it, as one.
    #[must_use]
    pub fn then(mut self, later: Commit) -> Commit {
        self.record = later.record;
        self.operations.extend(later.operations);
        self.events.extend(later.events);
        self.urgent |= later.urgent;
        self
    }
}
