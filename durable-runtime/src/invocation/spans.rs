//! The `tracing` spans of operations. No subscriber, no cost: a disabled span is neither formatted nor kept.
//!
//! A span belongs to one invocation, so the spans of what is still open are closed when it suspends, and a resident workflow that goes on opens new
//! ones, in the span of the invocation that runs then.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing::Span;
use tracing::field::Empty;

use super::op::Op;
use crate::identity::{IdMap, OperationId};
use crate::lock::Mutex;
use crate::wire::ErrorObject;

/// The open spans of contexts, and of what waits. Those of steps end within their invocation and stay with their attempt.
#[derive(Default)]
pub(crate) struct Spans {
    open: Mutex<IdMap<Span>>,
    invocation: AtomicU64,
}

impl Spans {
    /// The number of the invocation that runs, as this copy of the workflow counts.
    pub(super) fn invocation(&self) -> u64 {
        self.invocation.load(Ordering::Relaxed)
    }

    /// Keeps a span open until it is taken, or the invocation suspends. Says whether there is anything to take.
    pub(super) fn keep(&self, id: OperationId, span: Span) -> bool {
        if span.is_disabled() {
            return false;
        }
        self.open.lock().entry(id).or_insert(span);
        true
    }

    pub(super) fn get(&self, id: &OperationId) -> Option<Span> {
        self.open.lock().get(id).cloned()
    }

    pub(super) fn take(&self, id: &OperationId) -> Option<Span> {
        self.open.lock().remove(id)
    }

    /// The invocation is over; what is open goes on in another one, if at all.
    pub(super) fn suspend(&self) {
        self.invocation.fetch_add(1, Ordering::Relaxed);
        // Closing a span calls the subscriber, which is user code: not under the lock.
        let open = std::mem::take(&mut *self.open.lock());
        for span in open.into_values() {
            span.record("durable.attempt.outcome", "INCOMPLETE");
        }
    }
}

/// The span of one run of an operation's body, or of a wait for the service.
///
/// Names of spans are constants to `tracing`; `otel.name` is what tracing-opentelemetry calls a span instead, and the other fields become its
/// attributes under the names that AWS's own plugins use.
pub(super) fn operation_span(op: &Op, attempt: Option<u32>) -> Span {
    tracing::info_span!(
        "operation",
        otel.name = op.name(),
        otel.status_code = Empty,
        otel.status_description = Empty,
        durable.operation.id = %op.place.id,
        durable.operation.name = op.name(),
        durable.operation.r#type = op.kind.operation_type.as_str(),
        durable.operation.subtype = op.kind.sub_type.as_str(),
        durable.attempt.number = attempt,
        durable.attempt.outcome = Empty,
    )
}

/// Says on a span how what it spans has ended.
pub(super) fn close(span: &Span, outcome: &str, error: Option<&ErrorObject>) {
    if span.is_disabled() {
        return;
    }
    span.record("durable.attempt.outcome", outcome);
    if let Some(error) = error {
        span.record("otel.status_code", "ERROR");
        let message = error.error_message.as_deref().unwrap_or_default();
        span.record("otel.status_description", message);
    }
}
