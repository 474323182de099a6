use std::sync::Arc;

use durable_runtime::wire::{ErrorObject, Timestamp, limits};

use super::{
    event::{Event, EventDetails, EventInput},
    pause::PauseMarks,
    record::{Commit, ExecutionRecord, ExecutionStatus, Origin, StoredOperation},
    table::Table,
};

/// The state of one durable execution; see the [module](super).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    pub(super) record: ExecutionRecord,
    pub(super) table: Table,
}

/// What an execution begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewExecution {
    /// The ARN; its last segment becomes the id of the EXECUTION operation.
    pub arn: String,
    /// The name, 1 to 64 of `A-Z a-z 0-9 - _`.
    pub name: String,
    /// The workflow to run.
    pub workflow: String,
    /// The input as JSON, at most 6,291,456 bytes.
    pub input: Option<String>,
    /// Seconds after which the execution is ended, 1 to 31,622,400; none: never.
    pub timeout_seconds: Option<u32>,
    /// A secret of at least 128 random bits as text. It never leaves the store; callback ids are derived from it.
    pub callback_key: String,
    /// Who asked for it, and how.
    pub origin: Origin,
}

/// Why an execution can't begin like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidStart {
    /// The name.
    #[error("an execution's name has 1 to 64 of A-Z, a-z, 0-9, - and _; `{name}` does not")]
    Name {
        /// As given.
        name: String,
    },
    /// The input.
    #[error(
        "the input of execution `{name}` has {size} bytes and the limit is {limit}; store the data elsewhere and pass where \
         it is"
    )]
    InputTooLarge {
        /// The execution's name.
        name: String,
        /// The input's bytes.
        size: usize,
        /// The most there may be.
        limit: usize,
    },
    /// The timeout.
    #[error("the timeout of execution `{name}` is {seconds} s and must be from 1 to {max} s")]
    Timeout {
        /// The execution's name.
        name: String,
        /// As given.
        seconds: u32,
        /// The most there may be.
        max: u32,
    },
}

/// Why what was loaded can't be an execution: it was not written by a sequence of commits, or not all of it was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stored operations of {arn} are not those of one execution: {problem}; restore the database from a backup, or stop \
     this execution"
)]
pub struct RestoreError {
    /// The execution.
    pub arn: String,
    /// What is wrong.
    pub problem: String,
}

impl Execution {
    /// Begins an execution. Its first invocation is owed at once.
    ///
    /// Errs when the name, the input's size or the timeout is outside the service's limits.
    pub fn begin(new: NewExecution, now: Timestamp) -> Result<(Execution, Commit), InvalidStart> {
        let NewExecution {
            arn,
            name,
            workflow,
            input,
            timeout_seconds,
            callback_key,
            origin,
        } = new;
        if !limits::is_execution_name(&name) {
            return Err(InvalidStart::Name { name });
        }
        let size = input.as_ref().map_or(0, String::len);
        if size > limits::INPUT_PAYLOAD_MAX {
            return Err(InvalidStart::InputTooLarge {
                name,
                size,
                limit: limits::INPUT_PAYLOAD_MAX,
            });
        }
        let max = limits::EXECUTION_TIMEOUT_SECONDS_MAX;
        if let Some(seconds) = timeout_seconds.filter(|seconds| !(1..=max).contains(seconds)) {
            return Err(InvalidStart::Timeout { name, seconds, max });
        }
        let started = EventDetails::ExecutionStarted {
            input: EventInput::new(input.clone()),
            execution_timeout: timeout_seconds.unwrap_or(max),
        };
        let record = ExecutionRecord {
            arn: arn.into(),
            name: name.into(),
            workflow: workflow.into(),
            input: input.map(Arc::from),
            timeout_seconds,
            callback_key: callback_key.into(),
            started: now,
            origin: Arc::new(origin),
            status: ExecutionStatus::Running,
            result: None,
            error: None,
            ended: None,
            closing: None,
            token: None,
            next_event_id: 1,
            next_seq: 0,
            invocation: None,
            invoke_at: Some(now),
            failures: 0,
            changes: 0,
            delivered: 0,
            last_checkpoint: None,
            pause: None,
            paused_millis: 0,
            pause_marks: PauseMarks::default(),
            delete_at: None,
        };
        let mut execution = Execution {
            record,
            table: Table::default(),
        };
        let event = execution.event(now, started);
        let mut commit = execution.commit(Vec::new(), vec![event]);
        commit.created = true;
        Ok((execution, commit))
    }

    /// The execution whose commits a store has applied: its last record, and its operations in the order of
    /// [`StoredOperation::seq`].
    ///
    /// An invocation that was running when the process ended is still open in the record: end it with
    /// [`InvocationEnd::Lost`](super::InvocationEnd::Lost), and an invocation is owed.
    ///
    /// Errs when the operations are not complete, in order and unique.
    pub fn restore(
        record: ExecutionRecord,
        operations: Vec<StoredOperation>,
    ) -> Result<Execution, RestoreError> {
        let error = |problem| RestoreError {
            arn: record.arn.to_string(),
            problem,
        };
        let mut table = Table::default();
        for operation in operations {
            let place = table.len() as u64;
            let id = &operation.operation.id;
            if operation.seq != place {
                return Err(error(format!(
                    "number {place} is `{id}`, which has number {}",
                    operation.seq
                )));
            }
            if table.get(id).is_some() {
                return Err(error(format!("there are two with the id `{id}`")));
            }
            table.put(operation, record.delivered);
        }
        if table.len() as u64 != record.next_seq {
            return Err(error(format!(
                "there are {} of {}",
                table.len(),
                record.next_seq
            )));
        }
        Ok(Execution { record, table })
    }

    /// The execution's record as it is now.
    pub fn record(&self) -> &ExecutionRecord {
        &self.record
    }

    /// An operation by its id.
    pub fn operation(&self, id: &str) -> Option<&StoredOperation> {
        self.table.get(id)
    }

    /// Every operation, in the order in which they were started.
    pub fn operations(&self) -> impl Iterator<Item = &StoredOperation> {
        self.table.from(0).iter()
    }

    /// Ends the execution, whatever it is doing, with an error that says why.
    ///
    /// A running invocation is closed first, so that the history always ends with the end of the execution; what that
    /// invocation still sends meets a stale token. Does nothing to an execution that has ended.
    pub fn stop(&mut self, error: Option<ErrorObject>, now: Timestamp) -> Commit {
        if self.record.status.is_terminal() {
            return self.commit(Vec::new(), Vec::new());
        }
        let error = error
            .unwrap_or_else(|| ErrorObject::new("Execution.Stopped", "the execution was stopped"));
        let mut events = Vec::new();
        self.interrupt_invocation(&error, now, &mut events);
        self.finish(
            ExecutionStatus::Stopped,
            None,
            Some(error),
            now,
            &mut events,
        );
        self.commit(Vec::new(), events)
    }

    /// The next event of the execution itself.
    pub(super) fn event(&mut self, at: Timestamp, details: EventDetails) -> Event {
        Event::of_execution(self.next_event_id(), at, details)
    }

    /// The next event of an operation.
    pub(super) fn operation_event(
        &mut self,
        at: Timestamp,
        stored: &StoredOperation,
        details: EventDetails,
    ) -> Event {
        Event::of_operation(self.next_event_id(), at, &stored.operation, details)
    }

    fn next_event_id(&mut self) -> u64 {
        let id = self.record.next_event_id;
        self.record.next_event_id += 1;
        id
    }

    pub(super) fn commit(&self, operations: Vec<StoredOperation>, events: Vec<Event>) -> Commit {
        Commit {
            created: false,
            record: self.record.clone(),
            operations,
            events,
            urgent: false,
        }
    }
}
