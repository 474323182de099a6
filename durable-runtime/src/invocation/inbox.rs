//! [`Inbox`]: how a host reaches an invocation that it has handed over.

use std::sync::Arc;

use super::core::Core;

/// Reaches an invocation from outside, running or parked.
#[derive(Clone)]
pub struct Inbox(Arc<Core>);

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Inbox").field(&self.0.arn).finish()
    }
}

impl Inbox {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        Self(Arc::clone(core))
    }

    /// Something changed on the service's side: a running invocation asks for it with an empty checkpoint. A parked one is
    /// [resumed](crate::host::Invocation::resume) instead.
    pub fn poll(&self) {
        self.0.state.lock().poll = true;
        self.0.writer.notify_one();
    }

    /// Whether step bodies or tracked blocking work run. After the end of an invocation only blocking work can, and only when the deadline came before its end.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.0.state.lock().running > 0
    }
}
