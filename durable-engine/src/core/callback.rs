//! What the outside completes: callbacks and invoked functions.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use blake2::{Blake2b, Digest, digest::consts::U24};
use durable_runtime::wire::{ErrorObject, OperationStatus, OperationType, Timestamp, limits};

use super::{
    event::{EventDetails, EventError, EventResult},
    execution::Execution,
    record::{Commit, ServiceDetails, StoredOperation},
};

/// Why a callback can't be completed or kept alive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackRefused {
    /// Nobody gave that id out. The message is the same whether its execution exists or not, so that made-up ids don't find out.
    #[error(
        "`{callback_id}` is not a callback of any execution; use the id that the workflow handed out, unchanged"
    )]
    Unknown {
        /// As given.
        callback_id: String,
        /// The execution.
        arn: String,
    },
    /// The callback has its result already, or was given up.
    #[error("the callback `{operation}` of {arn} is closed ({status}); its first result stands")]
    Closed {
        /// The callback's operation.
        operation: String,
        /// The execution.
        arn: String,
        /// How it was closed.
        status: OperationStatus,
    },
    /// The execution ended before the callback did.
    #[error("{arn} has ended ({status}), and nobody waits for its callback `{operation}` any more")]
    Ended {
        /// The callback's operation.
        operation: String,
        /// The execution.
        arn: String,
        /// How it ended.
        status: &'static str,
    },
    /// The result or the error is over its limit.
    #[error(
        "what the callback `{operation}` was to be completed with has {size} bytes and the limit is {limit}; store the data \
         elsewhere and send where it is"
    )]
    TooLarge {
        /// The callback's operation.
        operation: String,
        /// The bytes sent.
        size: usize,
        /// The most there may be.
        limit: usize,
    },
}

/// How an invoked function ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvokeEnd {
    /// It returned this; none for `null`.
    Succeeded(Option<String>),
    /// It failed.
    Failed(ErrorObject),
    /// Its own timeout ended it.
    TimedOut(ErrorObject),
    /// Somebody stopped it.
    Stopped(ErrorObject),
}

impl Execution {
    /// Completes a callback with a result, byte for byte, or with an error.
    ///
    /// Errs, and changes nothing, when the id isn't one this execution gave out, the callback or the execution is over, or
    /// the result is larger than 1 MiB.
    pub fn complete_callback(
        &mut self,
        callback_id: &str,
        result: Result<Option<String>, ErrorObject>,
        now: Timestamp,
    ) -> Result<Commit, CallbackRefused> {
        let mut stored = self.open_callback(callback_id)?;
        let (size, limit) = match &result {
            Ok(payload) => (
                payload.as_ref().map_or(0, String::len),
                limits::CALLBACK_RESULT_MAX,
            ),
            Err(error) => (error.size(), limits::ERROR_MAX),
        };
        if size > limit {
            return Err(CallbackRefused::TooLarge {
                operation: stored.operation.id,
                size,
                limit,
            });
        }
        let details = stored.operation.callback_details.get_or_insert_default();
        let event = match result {
            Ok(payload) => {
                details.result.clone_from(&payload);
                stored.operation.status = OperationStatus::Succeeded;
                EventDetails::CallbackSucceeded {
                    result: EventResult::new(payload),
                }
            }
            Err(error) => {
                details.error = Some(error.clone());
                stored.operation.status = OperationStatus::Failed;
                EventDetails::CallbackFailed {
                    error: EventError::new(Some(error)),
                }
            }
        };
        Ok(self.complete(stored, event, now))
    }

    /// Keeps a callback alive: its heartbeat timeout begins anew. Not an event, and nothing the workflow is told.
    ///
    /// Errs when the id isn't one this execution gave out, or the callback or the execution is over.
    pub fn heartbeat(
        &mut self,
        callback_id: &str,
        now: Timestamp,
    ) -> Result<Commit, CallbackRefused> {
        let mut stored = self.open_callback(callback_id)?;
        if let Some(ServiceDetails::Callback {
            heartbeat_seconds: Some(seconds),
            heartbeat,
            ..
        }) = &mut stored.service
        {
            *heartbeat = Some(now.saturating_add(Duration::from_secs((*seconds).into())));
        }
        self.table.put(stored.clone(), self.record.delivered);
        Ok(self.commit(vec![stored], Vec::new()))
    }

    /// Records how an invoked function ended. None when no such invocation is open: it was given up, its end is recorded
    /// already, or this execution has ended.
    pub fn complete_invoke(
        &mut self,
        operation_id: &str,
        end: InvokeEnd,
        now: Timestamp,
    ) -> Option<Commit> {
        let stored = self.table.get(operation_id)?;
        let operation = &stored.operation;
        if self.record.status.is_terminal()
            || operation.operation_type != OperationType::ChainedInvoke
            || operation.status != OperationStatus::Started
        {
            return None;
        }
        let mut stored = stored.clone();
        let details = stored
            .operation
            .chained_invoke_details
            .get_or_insert_default();
        let mut failed = |error: ErrorObject| {
            details.error = Some(error.clone());
            EventError::new(Some(error))
        };
        let (status, event) = match end {
            InvokeEnd::Succeeded(result) => {
                details.result.clone_from(&result);
                let result = EventResult::new(result);
                (
                    OperationStatus::Succeeded,
                    EventDetails::ChainedInvokeSucceeded { result },
                )
            }
            InvokeEnd::Failed(error) => (
                OperationStatus::Failed,
                EventDetails::ChainedInvokeFailed {
                    error: failed(error),
                },
            ),
            InvokeEnd::TimedOut(error) => (
                OperationStatus::TimedOut,
                EventDetails::ChainedInvokeTimedOut {
                    error: failed(error),
                },
            ),
            InvokeEnd::Stopped(error) => (
                OperationStatus::Stopped,
                EventDetails::ChainedInvokeStopped {
                    error: failed(error),
                },
            ),
        };
        stored.operation.status = status;
        Some(self.complete(stored, event, now))
    }

    fn complete(
        &mut self,
        mut stored: StoredOperation,
        event: EventDetails,
        now: Timestamp,
    ) -> Commit {
        stored.operation.end_timestamp = Some(now);
        let event = self.operation_event(now, &stored, event);
        let stored = self.land(stored, now);
        self.commit(vec![stored], vec![event])
    }

    /// The operation of a callback that can still be completed.
    fn open_callback(&self, callback_id: &str) -> Result<StoredOperation, CallbackRefused> {
        let arn = || self.record.arn.to_string();
        let genuine = |stored: &&StoredOperation| {
            let details = stored.operation.callback_details.as_ref();
            let given_out = details.and_then(|details| details.callback_id.as_deref());
            given_out.is_some_and(|id| are_equal(id, callback_id))
        };
        let target = callback_target(callback_id);
        let stored = target
            .and_then(|(_, operation)| self.table.get(&operation))
            .filter(genuine);
        let Some(stored) = stored else {
            return Err(CallbackRefused::Unknown {
                callback_id: callback_id.to_owned(),
                arn: arn(),
            });
        };
        let operation = || stored.operation.id.clone();
        if stored.operation.status != OperationStatus::Started {
            let status = stored.operation.status;
            return Err(CallbackRefused::Closed {
                operation: operation(),
                arn: arn(),
                status,
            });
        }
        if self.record.status.is_terminal() {
            let status = self.record.status.as_str();
            return Err(CallbackRefused::Ended {
                operation: operation(),
                arn: arn(),
                status,
            });
        }
        Ok(stored.clone())
    }

    /// The id of the callback that the operation opens. It says which execution and operation it belongs to, and carries a
    /// keyed hash, so that knowing one id doesn't help to guess another.
    pub(super) fn callback_id(&self, operation_id: &str) -> String {
        let (arn, key) = (&self.record.arn, self.record.callback_key.as_bytes());
        // BLAKE2b with the secret first is a sound MAC: unlike SHA-2 it has no length extension.
        let proof = Blake2b::<U24>::new()
            .chain_update((key.len() as u64).to_le_bytes())
            .chain_update(key)
            .chain_update(operation_id.as_bytes())
            .finalize();
        STANDARD.encode(format!("{arn}\n{operation_id}\n{}", STANDARD.encode(proof)))
    }
}

/// Compares a whole id, so that the time it takes doesn't tell how much of a made-up one is right.
fn are_equal(genuine: &str, given: &str) -> bool {
    let differing = genuine
        .bytes()
        .zip(given.bytes())
        .fold(0, |found, (a, b)| found | (a ^ b));
    genuine.len() == given.len() && std::hint::black_box(differing) == 0
}

/// The execution's ARN and the operation's id in a callback id; none when it isn't one. Whether the id is genuine only that
/// execution can tell, by comparing it with the one it gave out.
///
/// ```
/// use durable_engine::core::callback_target;
///
/// assert_eq!(callback_target("bm90IGEgY2FsbGJhY2s="), None);
/// ```
pub fn callback_target(callback_id: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(callback_id).ok()?).ok()?;
    let mut parts = text.split('\n');
    let (arn, operation) = (parts.next()?, parts.next()?);
    parts.next()?;
    Some((arn.to_owned(), operation.to_owned()))
}
