//! What the hooks are told.

use std::fmt;

use crate::wire::{ErrorObject, Operation, OperationStatus, OperationType, Timestamp};

/// An invocation that starts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct InvocationInfo<'a> {
    /// Which invocation this is: on Lambda the request id, in the engine the id in the history. Empty when the host has none.
    pub request_id: &'a str,
    /// Which execution.
    pub execution_arn: &'a str,
    /// The workflow's name.
    pub workflow: &'a str,
    /// Nothing was recorded before this invocation.
    pub is_first_invocation: bool,
    /// When the execution started.
    pub execution_start_timestamp: Timestamp,
    /// How many operations are recorded, the execution itself not counted. On replay the service leaves out what completed contexts hold.
    pub operations_count: usize,
    /// The operations that changed while no invocation ran: timers that fired, callbacks that were completed. As they are now.
    pub updated_operations: &'a [OperationInfo<'a>],
}

/// How an invocation ended, for a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvocationEndStatus {
    /// The workflow returned: the execution has ended.
    Succeeded,
    /// The execution has failed for good.
    Failed,
    /// The workflow waits for the service; another invocation follows.
    Pending,
    /// The invocation broke off; another one follows.
    Retrying,
}

impl InvocationEndStatus {
    /// `SUCCEEDED`, `FAILED`, `PENDING`, `RETRYING`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Pending => "PENDING",
            Self::Retrying => "RETRYING",
        }
    }

    /// Whether the execution has ended with the invocation.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

impl fmt::Display for InvocationEndStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An invocation that ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct InvocationEnd<'a> {
    /// What was known at its start, with the number of operations at its end.
    pub invocation: InvocationInfo<'a>,
    /// How it ended.
    pub status: InvocationEndStatus,
    /// Why the execution failed, or why the invocation broke off.
    pub error: Option<&'a ErrorObject>,
}

/// An operation, as far as it is known at the time of the hook.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OperationInfo<'a> {
    /// The execution it belongs to.
    pub execution_arn: &'a str,
    /// Its id, as in the history.
    pub id: &'a str,
    /// Its name.
    pub name: Option<&'a str>,
    /// What it is.
    pub operation_type: OperationType,
    /// What it is for, such as `Step` or `MapIteration`.
    pub sub_type: Option<&'a str>,
    /// The context it stands in; none at the top level.
    pub parent_id: Option<&'a str>,
    /// Where it stands. `STARTED` when it is just about to be started.
    pub status: OperationStatus,
    /// When it started: by the service's clock once the service has answered, before that by ours.
    pub start_timestamp: Timestamp,
    /// When it ended.
    pub end_timestamp: Option<Timestamp>,
    /// The recorded result: raw text, after its codec.
    pub result: Option<&'a str>,
    /// The recorded error: what it failed with, or what the last attempt of a step failed with that waits for the next.
    pub error: Option<&'a ErrorObject>,
    /// Of a step: the number of the attempt that runs now, or ran last, from 1.
    pub attempt: Option<u32>,
    /// An earlier invocation started it.
    pub is_replay: bool,
}

impl<'a> OperationInfo<'a> {
    pub(crate) fn new(execution_arn: &'a str, operation: &'a Operation, is_replay: bool) -> Self {
        let attempt = (operation.operation_type == OperationType::Step).then(|| {
            let running = u32::from(operation.status == OperationStatus::Started);
            (operation.finished_attempts() + running).max(1)
        });
        let failed = operation.status != OperationStatus::Succeeded;
        Self {
            execution_arn,
            id: &operation.id,
            name: operation.name.as_deref(),
            operation_type: operation.operation_type,
            sub_type: operation
                .sub_type
                .as_ref()
                .map(|sub_type| sub_type.as_str()),
            parent_id: operation.parent_id.as_deref(),
            status: operation.status,
            start_timestamp: operation.start_timestamp,
            end_timestamp: operation.end_timestamp,
            result: operation.result(),
            error: operation.error().filter(|_| failed),
            attempt,
            is_replay,
        }
    }
}

/// A body that starts to run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptInfo<'a> {
    /// The operation whose body it is.
    pub operation: OperationInfo<'a>,
    /// Which attempt, from 1; of a context always 1.
    pub attempt: u32,
    /// When the body started to run.
    pub start_timestamp: Timestamp,
    /// The context has ended, and its body runs again only to rebuild a result that was too large to record.
    pub is_replaying_children: bool,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// It returned, and its value is to be recorded.
    Succeeded,
    /// It returned an error, panicked, or its value can't be recorded.
    Failed,
    /// It did not return: its invocation ended meanwhile, or its branch lost a race.
    Incomplete,
}

impl AttemptOutcome {
    /// `SUCCEEDED`, `FAILED`, `INCOMPLETE`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Incomplete => "INCOMPLETE",
        }
    }
}

impl fmt::Display for AttemptOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A body that has run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptEnd<'a> {
    /// What was known at its start, with the operation as it is now.
    pub attempt: AttemptInfo<'a>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What it failed with.
    pub error: Option<&'a ErrorObject>,
    /// When it ended.
    pub end_timestamp: Timestamp,
}

/// What one answer of the service changed.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct OperationChange<'a> {
    /// Which execution.
    pub execution_arn: &'a str,
    /// The operations whose status changed, as they are now.
    pub updated_operations: &'a [OperationInfo<'a>],
    /// How many operations are known, those that were left out on replay not counted.
    pub operations_count: usize,
    pub(crate) look_up: &'a dyn Fn(&str) -> Option<Operation>,
}

impl OperationChange<'_> {
    /// A copy of any known operation of the execution, by its id.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<Operation> {
        (self.look_up)(id)
    }
}

impl fmt::Debug for OperationChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationChange")
            .field("execution_arn", &self.execution_arn)
            .field("updated_operations", &self.updated_operations)
            .field("operations_count", &self.operations_count)
            .finish_non_exhaustive()
    }
}
