//! Starting invocations, and what their ends mean.

use std::time::Duration;

use durable_runtime::wire::{ErrorObject, InvocationInput, Operation, Timestamp};

use super::{
    event::{Event, EventDetails, EventError, EventResult},
    execution::Execution,
    record::{Commit, ExecutionStatus, OpenInvocation},
};

/// The delay before the invocation that follows the first failed one; each further one doubles it.
const RETRY_DELAY_FIRST: Duration = Duration::from_secs(1);
/// The longest delay between failed invocations.
const RETRY_DELAY_MAX: Duration = Duration::from_secs(5 * 60);

/// An invocation that has to run now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// The token of its first checkpoint.
    pub token: String,
    /// What changed since an invocation last suspended: all that a copy of the workflow that stayed in memory must be told.
    /// One that replays is given [`Execution::invocation_input`].
    pub changed: Vec<Operation>,
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvocationEnd {
    /// The workflow returned this. Ignored when it has checkpointed its own end.
    Succeeded(String),
    /// The workflow failed for good.
    Failed(ErrorObject),
    /// The workflow waits for something only the service can finish.
    Pending,
    /// No answer: it crashed, or met something that may be gone next time. The error is for the history.
    Errored(ErrorObject),
    /// The process that ran it, and this engine with it, is gone. Like [`Errored`](Self::Errored), but not the workflow's
    /// doing, and so neither counted nor delayed.
    Lost(ErrorObject),
}

impl Execution {
    /// When the next invocation has to start: at this time, or as soon after it as the host can. None while one runs, while
    /// the execution is suspended or paused, and after its end.
    pub fn invoke_at(&self) -> Option<Timestamp> {
        let paused = self.record.status == ExecutionStatus::Paused;
        self.record.invoke_at.filter(|_| !paused)
    }

    /// Whether an invocation has to start now.
    ///
    /// Only failed invocations delay the next one, and by a delay that is known. So one that is due later than after that delay was set when the clock was ahead of what
    /// it is now, and is owed at once rather than when the clock is there again.
    pub fn is_owed(&self, now: Timestamp) -> bool {
        let latest = now.saturating_add(retry_delay(self.record.failures));
        self.invoke_at().is_some_and(|at| at <= now || at > latest)
    }

    /// Starts the invocation that is owed. None when none [is](Self::is_owed).
    ///
    /// `token` must be unguessable and never used before. Nothing has to be stored before the invocation runs: one that
    /// leaves no trace before a crash of the engine will be owed again.
    pub fn invoke(&mut self, request_id: String, token: String, now: Timestamp) -> Option<Invoked> {
        if !self.is_owed(now) {
            return None;
        }
        let record = &mut self.record;
        record.invoke_at = None;
        record.token = Some(token.clone());
        record.invocation = Some(OpenInvocation {
            request_id,
            started: now,
            told: record.changes,
            progressed: false,
            cut: false,
        });
        Some(Invoked {
            token,
            changed: self.undelivered().cloned().collect(),
        })
    }

    /// What a replaying copy of the workflow is invoked with, with the first `max_operations` operations, or as many of them as
    /// fit into `max_bytes` of JSON, which may be none when the input is large; the rest by [`state_page`](Self::state_page). None
    /// while no invocation is open.
    pub fn invocation_input(
        &self,
        max_operations: usize,
        max_bytes: usize,
    ) -> Option<InvocationInput> {
        let checkpoint_token = self.record.token.clone()?;
        self.record.invocation.as_ref()?;
        Some(InvocationInput {
            durable_execution_arn: self.record.arn.to_string(),
            checkpoint_token,
            initial_execution_state: self.first_page(max_operations, max_bytes),
            updated_operation_ids: self
                .undelivered()
                .map(|operation| operation.id.clone())
                .collect(),
        })
    }

    fn undelivered(&self) -> impl Iterator<Item = &Operation> {
        self.table
            .changed_after(self.record.delivered)
            .map(|stored| &stored.operation)
    }

    /// The open invocation ended.
    ///
    /// * `Succeeded`, `Failed`: so does the execution.
    /// * `Pending`: it suspends. When something completed that this invocation was not told of, the next one is owed at
    ///   once. When nothing is open that could ever wake it, it fails.
    /// * `Errored`: it goes on with another invocation after 1 s, 2 s, 4 s, … up to 5 min, and is told again what this one
    ///   was told. The delay begins anew after an invocation that recorded something, whatever its end. While the execution is about to be paused it is
    ///   neither counted nor delayed.
    ///
    /// One that a pause has cut short ends in nothing, whatever it says, and another is owed after the pause. Does nothing when no invocation is
    /// open: the execution was ended meanwhile.
    pub fn invocation_ended(&mut self, end: InvocationEnd, now: Timestamp) -> Commit {
        let Some(invocation) = self.record.invocation.take() else {
            return self.commit(Vec::new(), Vec::new());
        };
        self.record.token = None;
        // Repeated by a process that does not know that it was given up, its last call would be answered with the next invocation's token.
        self.record.last_checkpoint = None;
        let mut events = Vec::new();
        let error = match &end {
            InvocationEnd::Errored(error) | InvocationEnd::Lost(error) => Some(error),
            _ => None,
        };
        self.complete_invocation(&invocation, error, now, &mut events);
        if invocation.cut {
            self.record.invoke_at = Some(now);
            // It was resumed and is to be paused once more.
            events.extend(self.come_to_pause(now));
            return self.commit(Vec::new(), events);
        }
        if error.is_none() {
            self.record.delivered = invocation.told;
            self.record.failures = 0;
            self.table.forget_changes(invocation.told);
        }

        if let Some(status) = self.record.closing.take() {
            let (result, error) = (self.record.result.take(), self.record.error.take());
            self.finish(status, result, error, now, &mut events);
        } else {
            match end {
                InvocationEnd::Succeeded(result) => self.succeed(result, now, &mut events),
                InvocationEnd::Failed(error) => {
                    self.finish(ExecutionStatus::Failed, None, Some(error), now, &mut events);
                }
                InvocationEnd::Pending if self.table.has_changes_after(self.record.delivered) => {
                    self.record.invoke_at = Some(now);
                }
                InvocationEnd::Pending if self.table.wakers() == 0 => {
                    self.finish(
                        ExecutionStatus::Failed,
                        None,
                        Some(nothing_pending()),
                        now,
                        &mut events,
                    );
                }
                InvocationEnd::Pending => {}
                // It came to something that it may not do while it is paused, or would have failed anyway: it is tried again at once after the pause.
                InvocationEnd::Errored(_) if self.record.status == ExecutionStatus::Pausing => {
                    self.record.invoke_at = Some(now);
                }
                InvocationEnd::Errored(_) => {
                    let before = if invocation.progressed {
                        0
                    } else {
                        self.record.failures
                    };
                    self.record.failures = before.saturating_add(1);
                    self.record.invoke_at =
                        Some(now.saturating_add(retry_delay(self.record.failures)));
                }
                InvocationEnd::Lost(_) => self.record.invoke_at = Some(now),
            }
        }
        events.extend(self.come_to_pause(now));
        self.commit(Vec::new(), events)
    }

    fn succeed(&mut self, result: String, now: Timestamp, events: &mut Vec<Event>) {
        let limit = self.record.origin.result_max();
        if result.len() > limit {
            let error = ErrorObject::new(
                "Execution.ResultTooLarge",
                format!(
                    "the workflow's result has {} bytes and the limit is {limit}; store it elsewhere and return where it is",
                    result.len(),
                ),
            );
            self.finish(ExecutionStatus::Failed, None, Some(error), now, events);
        } else {
            self.finish(ExecutionStatus::Succeeded, Some(result), None, now, events);
        }
    }

    /// Ends the execution. No invocation is open any more.
    pub(super) fn finish(
        &mut self,
        status: ExecutionStatus,
        result: Option<String>,
        error: Option<ErrorObject>,
        now: Timestamp,
        events: &mut Vec<Event>,
    ) {
        let details = match status {
            ExecutionStatus::Succeeded => EventDetails::ExecutionSucceeded {
                result: EventResult::new(result.clone()),
            },
            ExecutionStatus::TimedOut => EventDetails::ExecutionTimedOut {
                error: error.clone().map(|error| EventError::new(Some(error))),
            },
            ExecutionStatus::Stopped => EventDetails::ExecutionStopped {
                error: EventError::new(error.clone()),
            },
            _ => EventDetails::ExecutionFailed {
                error: EventError::new(error.clone()),
            },
        };
        events.push(self.event(now, details));
        let record = &mut self.record;
        record.status = status;
        record.result = result;
        record.error = error;
        record.ended = Some(now);
        record.delete_at = record
            .origin
            .retention_days
            .map(|days| now.saturating_add(Duration::from_hours(24 * u64::from(days))));
        record.closing = None;
        record.pause = None;
        record.invoke_at = None;
        record.last_checkpoint = None;
    }

    /// Closes the open invocation, if there is one, because the execution ends without it.
    pub(super) fn interrupt_invocation(
        &mut self,
        error: &ErrorObject,
        now: Timestamp,
        events: &mut Vec<Event>,
    ) {
        self.record.token = None;
        self.record.last_checkpoint = None;
        if let Some(invocation) = self.record.invocation.take() {
            self.complete_invocation(&invocation, Some(error), now, events);
        }
    }

    fn complete_invocation(
        &mut self,
        invocation: &OpenInvocation,
        error: Option<&ErrorObject>,
        now: Timestamp,
        events: &mut Vec<Event>,
    ) {
        let details = EventDetails::InvocationCompleted {
            start_timestamp: invocation.started,
            end_timestamp: now,
            request_id: invocation.request_id.clone(),
            error: error.cloned().map(|error| EventError::new(Some(error))),
        };
        events.push(self.event(now, details));
    }
}

fn retry_delay(failures: u32) -> Duration {
    if failures == 0 {
        return Duration::ZERO;
    }
    let doublings = failures.saturating_sub(1).min(16);
    RETRY_DELAY_FIRST
        .saturating_mul(1 << doublings)
        .min(RETRY_DELAY_MAX)
}

fn nothing_pending() -> ErrorObject {
    ErrorObject::new(
        "Invocation.NothingPending",
        "the invocation answered PENDING, but no wait, retry, callback or invoked function is open, so nothing could ever \
         resume it; a workflow waits only for durable operations",
    )
}
