//! [`Attempt`]: one run of an operation's body, as plugins and traces see it.

use super::op::Op;
use crate::outcome::Encoded;
use crate::plugin::AttemptOutcome;
use crate::wire::ErrorObject;

/// One run of a body. Every operation that runs user code (a step's body, a child's, an item's, a poll's check) begins one right before the
/// body and says how it ended once that is known, before it queues the outcome; one that is dropped was incomplete.
#[must_use = "an attempt that is dropped at once was incomplete"]
pub(crate) struct Attempt<'a> {
    op: &'a Op,
    key: Option<u64>,
}

impl<'a> Attempt<'a> {
    /// Attempt `number` of a step, from 1.
    pub(crate) fn begin(op: &'a Op, number: u32) -> Self {
        Self::new(op, number, false)
    }

    /// The body of a context. `rebuilt`: the context has ended, and its body runs to rebuild a result that was too large to record.
    pub(crate) fn context(op: &'a Op, rebuilt: bool) -> Self {
        Self::new(op, 1, rebuilt)
    }

    fn new(op: &'a Op, number: u32, rebuilt: bool) -> Self {
        let core = &op.here.core;
        let key = core
            .hooks
            .as_ref()
            .map(|hooks| hooks.attempt_started(core, op.place.id, number, rebuilt));
        Self { op, key }
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
        let core = &self.op.here.core;
        if let Some(hooks) = &core.hooks
            && let Some(key) = self.key.take()
        {
            hooks.attempt_ended(core, key, outcome, error);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.end(AttemptOutcome::Incomplete, None);
    }
}
