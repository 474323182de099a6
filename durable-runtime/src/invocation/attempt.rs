//! [`Attempt`]: one run of an operation's body, as plugins and traces see it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

use super::op::Op;
use super::spans::{close, operation_span};
use crate::outcome::Encoded;
use crate::plugin::AttemptOutcome;
use crate::wire::ErrorObject;

/// One run of a body. Every operation that runs user code (a step's body, a child's, an item's, a poll's check) begins one right before the
/// body, runs the body in its span, and says how it ended once that is known, before it queues the outcome. One that is dropped was incomplete.
#[must_use = "an attempt that is dropped at once was incomplete"]
pub(crate) struct Attempt<'a> {
    op: &'a Op,
    /// What the hooks know it by.
    key: Option<u64>,
    /// Of a step's body.
    span: Span,
    /// The spans of the invocation hold one of this context.
    spanned: bool,
    /// Of a context that is none on the wire: nobody sees it.
    hidden: bool,
    over: bool,
}

impl<'a> Attempt<'a> {
    /// Attempt `number` of a step, from 1. Its body runs in [`span`](Self::span).
    pub(crate) fn begin(op: &'a Op, number: u32) -> Self {
        let mut attempt = Self::new(op, number, false);
        attempt.span = operation_span(op, Some(number));
        attempt
    }

    /// The body of a context, which [`run`](Self::run) runs. `rebuilt`: the context has ended, and its body runs to rebuild a result that was too
    /// large to record.
    pub(crate) fn context(op: &'a Op, rebuilt: bool) -> Self {
        Self::new(op, 1, rebuilt)
    }

    /// The body of what is a context in the code and none on the wire.
    pub(crate) fn hidden(op: &'a Op) -> Self {
        Self {
            op,
            key: None,
            span: Span::none(),
            spanned: false,
            hidden: true,
            over: false,
        }
    }

    fn new(op: &'a Op, number: u32, rebuilt: bool) -> Self {
        let core = &op.here.core;
        let key = core
            .hooks
            .as_ref()
            .map(|hooks| hooks.attempt_started(core, op.place.id, number, rebuilt));
        Self {
            op,
            key,
            span: Span::none(),
            spanned: false,
            hidden: false,
            over: false,
        }
    }

    /// The span of a step's body.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Runs the body of a context in its span.
    pub(crate) fn run<F: Future>(&mut self, body: F) -> InSpan<'_, 'a, F> {
        InSpan {
            attempt: self,
            invocation: None,
            body,
        }
    }

    /// The body returned a value that can be recorded.
    pub(crate) fn succeeded(mut self) {
        self.end(AttemptOutcome::Succeeded, None);
    }

    /// The attempt failed with this.
    pub(crate) fn failed(mut self, error: &ErrorObject) {
        self.end(AttemptOutcome::Failed, Some(error));
    }

    /// The body returned this.
    pub(crate) fn ended(self, encoded: &Encoded) {
        match encoded {
            Encoded::Value(_) => self.succeeded(),
            Encoded::Error(error) => self.failed(error),
        }
    }

    fn end(&mut self, outcome: AttemptOutcome, error: Option<&ErrorObject>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let core = &self.op.here.core;
        if let (Some(hooks), Some(key)) = (&core.hooks, self.key) {
            hooks.attempt_ended(core, key, outcome, error);
        }
        close(&self.span, outcome.as_str(), error);
        if self.spanned
            && let Some(span) = core.spans.take(&self.op.place.id)
        {
            close(&span, outcome.as_str(), error);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.end(AttemptOutcome::Incomplete, None);
    }
}

pin_project! {
    /// Polls the body of a context in its span: the one of the invocation that runs now.
    pub(crate) struct InSpan<'s, 'a, F> {
        attempt: &'s mut Attempt<'a>,
        invocation: Option<u64>,
        #[pin]
        body: F,
    }
}

impl<F: Future> Future for InSpan<'_, '_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.attempt.hidden {
            return this.body.poll(cx);
        }
        let op = this.attempt.op;
        let spans = &op.here.core.spans;
        let invocation = Some(spans.invocation());
        if *this.invocation != invocation {
            *this.invocation = invocation;
            this.attempt.spanned = spans.keep(op.place.id, operation_span(op, None));
        }
        if !this.attempt.spanned {
            return this.body.poll(cx);
        }
        let span = spans.get(&op.place.id).unwrap_or_else(Span::none);
        let _entered = span.enter();
        this.body.poll(cx)
    }
}
