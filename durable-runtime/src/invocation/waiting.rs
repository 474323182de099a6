//! What an operation waits for: an acknowledgement, or the service.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::core::Core;
use super::journal::Sequence;
use super::op::{Op, Snapshot};
use super::spans::operation_span;
use crate::wire::{OperationStatus, OperationType, Timestamp};

/// Waits for an acknowledgement.
pub(crate) struct Written<'a> {
    pub(super) core: &'a Arc<Core>,
    pub(super) sequence: Sequence,
}

impl Future for Written<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.core.state.lock();
        if state.journal.is_acknowledged(self.sequence) {
            return Poll::Ready(());
        }
        state.wait_for(self.sequence, cx.waker());
        Poll::Pending
    }
}

/// Waits for the service.
pub(crate) struct ParkedOn<'a> {
    pub(super) op: &'a Op,
    pub(super) status: OperationStatus,
    pub(super) due: Option<Timestamp>,
    pub(super) registered: bool,
    pub(super) spanned: bool,
}

impl Future for ParkedOn<'_> {
    type Output = Option<Snapshot>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Snapshot>> {
        let op = self.op;
        let id = op.place.id;
        let mut state = op.here.core.state.lock();
        let snapshot = state.history.get(&id).map(Snapshot::of);
        if snapshot
            .as_ref()
            .is_some_and(|snapshot| snapshot.status != self.status)
        {
            if self.registered {
                state.unpark(&id);
            }
            drop(state);
            self.registered = false;
            self.close_span();
            return Poll::Ready(snapshot);
        }
        let due = snapshot.and_then(|snapshot| snapshot.due).or(self.due);
        state.park(id, due, cx.waker(), self.registered);
        if op.here.core.replay_only && !self.registered {
            state.stands.push((op.here.scope, op.site()));
        }
        drop(state);
        if !self.registered {
            self.registered = true;
            // A step's span is that of its attempt, and while it waits for the next one there is none.
            if op.kind.operation_type != OperationType::Step {
                self.spanned = op.here.core.spans.keep(id, operation_span(op, None));
            }
        }
        Poll::Pending
    }
}

impl ParkedOn<'_> {
    fn close_span(&mut self) {
        if std::mem::take(&mut self.spanned) {
            self.op.here.core.spans.take(&self.op.place.id);
        }
    }
}

impl Drop for ParkedOn<'_> {
    fn drop(&mut self) {
        if self.registered {
            self.op.here.core.state.lock().unpark(&self.op.place.id);
        }
        self.close_span();
    }
}
