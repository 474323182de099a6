//! Polling a workflow until it rests, and what it rests on: rule 5 of the runtime.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::core::{Core, Ending, State};
use crate::current::Scoped;
use crate::fault::panic_message;
use crate::outcome::Encoded;
use crate::registration::RootFuture;
use crate::wire::ErrorObject;

/// Why polling stopped.
pub(super) enum Rest {
    Returned(Encoded),
    /// The workflow hands over to a successor with this input.
    Restarted(String),
    Panicked(String),
    Ended(Ending),
    Replay,
    Checkpointed,
    Parked,
}

pub(super) fn poll_once(
    core: &Core,
    mut future: Pin<&mut Scoped<RootFuture>>,
    cx: &mut Context<'_>,
) -> Poll<Rest> {
    loop {
        if let Some(hooks) = &core.hooks {
            hooks.tell_news(core);
        }
        let seen = {
            let mut state = core.state.lock();
            if !state
                .driver
                .as_ref()
                .is_some_and(|driver| driver.will_wake(cx.waker()))
            {
                state.driver = Some(cx.waker().clone());
            }
            state.events
        };
        let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        let mut state = core.state.lock();
        if let Some(ending) = state.ending.take() {
            return Poll::Ready(Rest::Ended(ending));
        }
        if let Some(input) = state.restart.take() {
            return Poll::Ready(Rest::Restarted(input));
        }
        match poll {
            Err(panic) => return Poll::Ready(Rest::Panicked(panic_message(&*panic))),
            Ok(Poll::Ready(encoded)) => return Poll::Ready(Rest::Returned(encoded)),
            Ok(Poll::Pending) => {}
        }
        if state.events != seen {
            // Something arrived while we polled: a branch that was polled before it may go on.
            continue;
        }
        if !state.journal.may_write() {
            if state.journal.is_waiting() {
                return Poll::Ready(Rest::Ended(Ending::Released));
            }
            // They can't be sent any more, and nothing waits for them: the next replay queues them again.
            state.journal.forget_cancels();
        }
        match rest_of(&state) {
            Some(rest) => {
                if matches!(rest, Rest::Parked) {
                    // Under the lock that this was decided under. A writer that went on asking would be told of what ends the wait, and the service, which takes the
                    // invocation to know, would not invoke again.
                    state.active = false;
                }
                return Poll::Ready(rest);
            }
            None => {
                if state.journal.is_urgent() {
                    core.flush(&mut state);
                }
                return Poll::Pending;
            }
        }
    }
}

/// What a pending workflow rests on; `None` while something can progress by itself.
fn rest_of(state: &State) -> Option<Rest> {
    if state.running > 0 || !state.journal.is_idle() {
        return None;
    }
    if state.needs_replay {
        return Some(Rest::Replay);
    }
    if !state.is_parked() {
        return Some(Rest::Ended(Ending::Failed(ErrorObject {
            error_type: Some("WorkflowStuck".to_owned()),
            error_message: Some(
                "the workflow waits for something that no durable operation will finish; await steps, sleeps, children or combinators only".to_owned(),
            ),
            ..ErrorObject::default()
        })));
    }
    Some(Rest::Parked)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Waker;

    use super::super::testing;
    use super::*;
    use crate::current::scoped;
    use crate::plugin::Plugins;
    use crate::replay::ROOT;

    /// Nothing may come between: another thread that gets the lock next finds an invocation that asks no more.
    #[test]
    fn a_workflow_that_parks_is_not_active_from_that_moment() {
        let core = testing::core(Plugins::new());
        let never: RootFuture = Box::pin(std::future::pending());
        let mut future = std::pin::pin!(scoped(Arc::clone(&core), ROOT, never));
        let mut cx = Context::from_waker(Waker::noop());
        {
            let mut state = core.state.lock();
            state.active = true;
            state.held.push("a wait".into());
            state.running = 1;
        }
        assert!(poll_once(&core, future.as_mut(), &mut cx).is_pending());
        assert!(core.state.lock().active, "a step runs");
        core.state.lock().running = 0;
        let rest = poll_once(&core, future.as_mut(), &mut cx);
        assert!(matches!(rest, Poll::Ready(Rest::Parked)));
        assert!(!core.state.lock().active);
    }
}
