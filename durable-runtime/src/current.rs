//! What is being polled on this thread: workflow code (and in which scope), a step's body, or neither.
//!
//! Workflow code takes no context argument because the runtime keeps it here. Every poll enters its scope and leaves it
//! again, also when it panics; a driver nested in a step body (an engine inside a test inside a step) has its own.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::invocation::Core;
use crate::replay::ScopeIndex;
use crate::site::Site;

/// What the current poll belongs to.
#[derive(Clone, Default)]
pub(crate) enum Current {
    /// No workflow code.
    #[default]
    Outside,
    /// The body of a step, or of `.direct()`: durable operations panic, value functions give real entropy.
    InStep,
    /// Workflow code in this scope.
    Workflow(Arc<Core>, ScopeIndex),
}

thread_local! {
    static CURRENT: RefCell<Current> = const { RefCell::new(Current::Outside) };
    static VALUE_SITE: Cell<Option<&'static Site>> = const { Cell::new(None) };
}

/// Leaves what was entered when dropped.
pub(crate) struct Entered(Current);

impl Drop for Entered {
    fn drop(&mut self) {
        let outer = std::mem::take(&mut self.0);
        // At thread exit the slot may be gone already, and with it anybody who could look.
        let inner = CURRENT.try_with(|current| current.replace(outer));
        drop(inner);
    }
}

pub(crate) fn enter(current: Current) -> Entered {
    Entered(CURRENT.with(|slot| slot.replace(current)))
}

/// A copy of what is being polled now.
pub(crate) fn current() -> Current {
    CURRENT.with(|current| current.borrow().clone())
}

/// Runs `f` with `site` as the place of the value function that it calls.
pub(crate) fn with_value_site<T>(site: &'static Site, f: impl FnOnce() -> T) -> T {
    let outer = VALUE_SITE.replace(Some(site));
    let value = f();
    VALUE_SITE.set(outer);
    value
}

/// The place of the value function that is being called, once.
pub(crate) fn take_value_site() -> Option<&'static Site> {
    VALUE_SITE.take()
}

/// Whether workflow code on this thread is replaying. `false` in step bodies and outside workflows.
///
/// For what `tracing` doesn't cover; a workflow must not decide anything by it.
#[must_use]
pub fn is_replaying() -> bool {
    match current() {
        Current::Workflow(core, scope) => core.is_replaying(scope),
        Current::Outside | Current::InStep => false,
    }
}

pin_project! {
    /// Polls a future as a step's body.
    pub(crate) struct InStep<F> {
        #[pin]
        future: F,
    }
}

pub(crate) fn in_step<F: Future>(future: F) -> InStep<F> {
    InStep { future }
}

impl<F: Future> Future for InStep<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _entered = enter(Current::InStep);
        self.project().future.poll(cx)
    }
}

pin_project! {
    /// Polls a future in a scope, and tells the invocation when it is dropped unfinished.
    pub(crate) struct Scoped<F> {
        #[pin]
        future: F,
        guard: ScopeGuard,
    }
}

/// Closes a scope when its future has returned, abandons it when it is dropped before.
struct ScopeGuard {
    core: Arc<Core>,
    scope: ScopeIndex,
    returned: bool,
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        self.core.close_scope(self.scope, self.returned);
    }
}

pub(crate) fn scoped<F: Future>(core: Arc<Core>, scope: ScopeIndex, future: F) -> Scoped<F> {
    Scoped {
        future,
        guard: ScopeGuard {
            core,
            scope,
            returned: false,
        },
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = enter(Current::Workflow(
            Arc::clone(&this.guard.core),
            this.guard.scope,
        ));
        let poll = this.future.poll(cx);
        if poll.is_ready() {
            this.guard.returned = true;
        }
        poll
    }
}
