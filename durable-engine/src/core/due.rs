//! What time does to an execution.

use durable_runtime::wire::{ErrorObject, OperationStatus, OperationType, Timestamp};

use super::{
    event::{Event, EventDetails, EventError},
    execution::Execution,
    record::{Commit, ExecutionStatus, ServiceDetails, StoredOperation},
};

impl Execution {
    /// When [`due`](Self::due) has something to do next; none when time alone changes nothing. A host's timer for this
    /// execution is the earlier of this and [`invoke_at`](Self::invoke_at).
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.record.status.is_terminal() {
            return None;
        }
        let timer = self
            .table
            .next_timer()
            .map(|(at, _)| at)
            .filter(|_| !self.timers_held());
        self.record.times_out().into_iter().chain(timer).min()
    }

    /// Completes what is due by `now`: waits, retries (PENDING becomes READY, without an event), callback timeouts, and the
    /// execution's own timeout. The [module](super) says what happens when several are due.
    pub fn due(&mut self, now: Timestamp) -> Commit {
        let (mut operations, mut events) = (Vec::new(), Vec::new());
        if self.record.status.is_terminal() {
            return self.commit(operations, events);
        }
        if let Some(seconds) = self.record.timeout_seconds
            && self.record.times_out().is_some_and(|at| at <= now)
        {
            let error = ErrorObject::new(
                "Execution.TimedOut",
                format!("the execution did not end within its timeout of {seconds} s"),
            );
            self.interrupt_invocation(&error, now, &mut events);
            self.finish(
                ExecutionStatus::TimedOut,
                None,
                Some(error),
                now,
                &mut events,
            );
            return self.commit(operations, events);
        }
        let mut instant = None;
        while let Some((at, place)) = self.table.next_timer() {
            // What completes now has to be told before anything due later completes.
            let held = self.timers_held() && instant != Some(at);
            if at > now || held {
                break;
            }
            instant = Some(at);
            let Some(stored) = self.table.at(place).cloned() else {
                break;
            };
            operations.push(self.fire(stored, at, now, &mut events));
        }
        self.commit(operations, events)
    }

    /// Whether timers stand still: an invocation is owed, or the workflow has ended and only its invocation has not. While the execution is
    /// paused they go on, since no invocation will start.
    fn timers_held(&self) -> bool {
        self.invoke_at().is_some() || self.record.closing.is_some()
    }

    /// Completes one operation whose deadline `at` has come.
    fn fire(
        &mut self,
        mut stored: StoredOperation,
        at: Timestamp,
        now: Timestamp,
        events: &mut Vec<Event>,
    ) -> StoredOperation {
        let operation = &mut stored.operation;
        let details = match operation.operation_type {
            OperationType::Wait => {
                operation.status = OperationStatus::Succeeded;
                let waited = at.saturating_duration_since(operation.start_timestamp);
                let duration = u32::try_from(waited.as_secs()).unwrap_or(u32::MAX);
                Some(EventDetails::WaitSucceeded { duration })
            }
            OperationType::Callback => {
                let error = callback_timeout(stored.service.as_ref(), at);
                operation.status = OperationStatus::TimedOut;
                operation.callback_details.get_or_insert_default().error = Some(error.clone());
                Some(EventDetails::CallbackTimedOut {
                    error: EventError::new(Some(error)),
                })
            }
            _ => {
                operation.status = OperationStatus::Ready;
                operation
                    .step_details
                    .get_or_insert_default()
                    .next_attempt_timestamp = None;
                None
            }
        };
        if operation.status.is_terminal() {
            operation.end_timestamp = Some(now);
        }
        if let Some(details) = details {
            events.push(self.operation_event(now, &stored, details));
        }
        self.land(stored, now)
    }

    /// Stores an operation that changed other than by an update of the workflow, and owes an invocation for it if none runs.
    pub(super) fn land(&mut self, mut stored: StoredOperation, now: Timestamp) -> StoredOperation {
        self.record.changes += 1;
        stored.changed = Some(self.record.changes);
        self.table.put(stored.clone(), self.record.delivered);
        if self.record.invocation.is_none() {
            self.record.invoke_at.get_or_insert(now);
        }
        stored
    }
}

fn callback_timeout(service: Option<&ServiceDetails>, at: Timestamp) -> ErrorObject {
    match service {
        Some(ServiceDetails::Callback {
            heartbeat: Some(heartbeat),
            timeout,
            ..
        }) if *heartbeat == at && *timeout != Some(at) => ErrorObject::new(
            "Callback.Heartbeat",
            "no heartbeat came within the callback's heartbeat timeout",
        ),
        _ => ErrorObject::new(
            "Callback.Timeout",
            "the callback was not completed within its timeout",
        ),
    }
}
