//! [`Slot`]: one execution in memory.

use std::sync::Arc;

use durable_runtime::host::{Inbox, Invocation};
use durable_runtime::wire::OperationType;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::backend::EngineBackend;
use super::slots::Idle;
use super::targets::Target;
use crate::core::{Execution, ExecutionRecord, StoredOperation};
use crate::error::EngineError;

/// One execution that has not ended.
pub(crate) struct Slot {
    pub(super) arn: Arc<str>,
    pub(super) target: Target,
    pub(crate) guarded: tokio::sync::Mutex<Guarded>,
    pub(super) progress: watch::Sender<Progress>,
    /// Reaches the invocation that runs now.
    pub(super) inbox: Mutex<Option<Inbox>>,
    /// Told when the execution has ended: a function that runs for it is given up.
    pub(super) over: Notify,
    /// Told whenever an invocation has ended.
    pub(super) rests: Notify,
}

/// What changes, under the slot's lock. The lock is held across commits, so nobody sees a state that isn't durable.
pub(crate) struct Guarded {
    pub(crate) execution: Execution,
    /// A runner task owns the execution's invocations.
    pub(super) running: bool,
    /// Memory is ahead of the store, or the engine stops: nothing more is recorded through this slot.
    pub(super) given_up: bool,
    /// The workflow, parked, ready to go on without replay.
    pub(super) resident: Option<Box<Invocation<EngineBackend>>>,
}

/// How far an execution is, for those who wait.
#[derive(Clone, Debug)]
pub(crate) enum Progress {
    Running,
    Ended(Arc<ExecutionRecord>),
    Stuck(Problem),
}

/// Why an execution doesn't go on for now.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// The history doesn't fit the code.
    Diverged(String),
    /// Its invocations can't even begin.
    Invocation(String),
    /// The engine can't run or record it.
    Engine(EngineError),
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl Idle for Slot {
    /// One that waits for what it has invoked stays: read again, it would ask after it again. (So it does for what it gave up, which our runtime never does.)
    fn is_idle(&self) -> bool {
        let Ok(guarded) = self.guarded.try_lock() else {
            return false;
        };
        let record = guarded.execution.record();
        let works = guarded.running || record.invocation.is_some() || record.invoke_at.is_some();
        let invokes = |stored: &StoredOperation| {
            stored.operation.operation_type == OperationType::ChainedInvoke
                && stored.operation.end_timestamp.is_none()
        };
        !works
            && !guarded.given_up
            && guarded.resident.is_none()
            && !guarded.execution.operations().any(invokes)
    }
}

impl Slot {
    pub(super) fn new(arn: Arc<str>, target: Target, execution: Execution) -> Self {
        Self {
            arn,
            target,
            guarded: tokio::sync::Mutex::new(Guarded {
                execution,
                running: false,
                given_up: false,
                resident: None,
            }),
            progress: watch::Sender::new(Progress::Running),
            inbox: Mutex::new(None),
            over: Notify::new(),
            rests: Notify::new(),
        }
    }

    pub(super) fn publish(&self, progress: Progress) {
        self.progress.send_replace(progress);
    }

    /// The invocation that runs now, if one does, asks for what has changed.
    pub(super) fn poll_invocation(&self) {
        if let Some(inbox) = &*self.inbox.lock() {
            inbox.poll();
        }
    }
}
