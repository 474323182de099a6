//! The writer task: makes the calls. It is a task of its own, so that a step body which blocks its thread can't stop a
//! START from leaving.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::InvocationError;
use super::core::{Core, Ending};
use super::journal::START_DELAY;
use crate::host::{Backend, BackendError, BackendErrorKind};
use crate::wire::{ErrorObject, Operation, OperationAction, OperationUpdate};

/// How long to wait between two empty checkpoints that ask about callbacks and invokes.
const FIRST_POLL: Duration = Duration::from_secs(1);
const SLOWEST_POLL: Duration = Duration::from_secs(10);

/// Why the writer woke up.
enum Work {
    Batch(String, Vec<OperationUpdate>),
    Cancel(String, Box<OperationUpdate>),
    Poll(String),
    Nothing { until: Option<Instant> },
}

/// Ends the invocation when the writer panics, in a backend or in a clock: nobody else would notice.
struct Falls<'a>(&'a Core);

impl Drop for Falls<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let error = BackendError::new(
                BackendErrorKind::Unavailable,
                "it panicked while it was called",
            );
            self.0.end(Ending::Errored(InvocationError::Backend(error)));
            self.0.writer_awake.notify_one();
        }
    }
}

/// Serves one invocation until it is aborted.
pub(super) async fn write<B: Backend>(core: Arc<Core>, backend: Arc<B>) {
    let _falls = Falls(&core);
    let mut poll = PollSchedule::default();
    loop {
        match next_work(&core, &*backend, &mut poll) {
            Work::Batch(token, updates) => {
                let answer = call(&*backend, &token, &updates).await;
                settle(&core, answer, &updates);
            }
            Work::Cancel(token, wait) => {
                match call(&*backend, &token, std::slice::from_ref(&*wait)).await {
                    // Too late: it is over already.
                    Err(error) if !error.is_retryable() => {
                        let mut state = core.state.lock();
                        state.journal.refused();
                        state.touch();
                    }
                    answer => settle(&core, answer, &[]),
                }
            }
            Work::Poll(token) => {
                let answer = call(&*backend, &token, &[]).await;
                settle(&core, answer, &[]);
            }
            Work::Nothing { until: None } => core.writer.notified().await,
            Work::Nothing { until: Some(until) } => {
                tokio::select! {
                    () = core.writer.notified() => {}
                    () = tokio::time::sleep_until(until) => {}
                }
            }
        }
    }
}

fn next_work<B: Backend>(core: &Core, backend: &B, poll: &mut PollSchedule) -> Work {
    let mut state = core.state.lock();
    if std::mem::take(&mut state.wake_writer) {
        core.writer_awake.notify_one();
    }
    let lazy = state.journal.lazy_deadline();
    let now = Instant::now();
    // What is queued leaves with a question, too: its answer says as well what has changed.
    let wanted = state.flush || state.active && state.poll;
    if (wanted || lazy.is_some_and(|deadline| deadline <= now))
        && let Some((token, updates)) = state.journal.take_batch()
    {
        state.flush = false;
        state.poll = false;
        return Work::Batch(token, updates);
    }
    if state.flush
        && let Some((token, wait)) = state.journal.take_cancel()
    {
        state.flush = false;
        return Work::Cancel(token, Box::new(wait));
    }
    // There is nothing left to send. What comes next asks again, and only who asks anew is heard.
    state.flush = false;
    if !state.active {
        // A parked invocation is the host's to wake.
        return Work::Nothing { until: None };
    }
    if state.poll
        && let Some(token) = state.journal.take_poll()
    {
        state.poll = false;
        return Work::Poll(token);
    }
    // While the workflow is polled, a START may be queued at any time without a word to this task: look every so often.
    let mut until = lazy.unwrap_or(now + START_DELAY / 2);
    if state.running > 0 && state.is_parked() && !backend.pushes_changes() {
        let due_in = state
            .next_due()
            .map(|due| due.saturating_duration_since(backend.now()));
        match poll.next(now, due_in, state.waits_for_outside()) {
            Some(at) if at <= now => {
                if let Some((token, updates)) = state.journal.take_batch() {
                    poll.polled(now);
                    state.flush = false;
                    return Work::Batch(token, updates);
                }
                if let Some(token) = state.journal.take_poll() {
                    poll.polled(now);
                    return Work::Poll(token);
                }
            }
            Some(at) => until = until.min(at),
            None => {}
        }
    }
    Work::Nothing { until: Some(until) }
}

/// Calls, and follows the answer's pages to their end.
async fn call<B: Backend>(
    backend: &B,
    token: &str,
    updates: &[OperationUpdate],
) -> Result<(Option<String>, Vec<Operation>), BackendError> {
    let answer = backend.checkpoint(token, updates).await?;
    let mut operations = answer.operations;
    let mut marker = answer.next_marker.filter(|marker| !marker.is_empty());
    while let (Some(at), Some(token)) = (&marker, &answer.token) {
        let page = backend.state(token, at).await?;
        operations.extend(page.operations);
        marker = page.next_marker.filter(|marker| !marker.is_empty());
    }
    Ok((answer.token, operations))
}

fn settle(
    core: &Core,
    answer: Result<(Option<String>, Vec<Operation>), BackendError>,
    updates: &[OperationUpdate],
) {
    match answer {
        Ok((token, operations)) => {
            // Asking for the time costs a call of the system on some machines, and only failed attempts need it.
            let retries = |update: &OperationUpdate| update.action == OperationAction::Retry;
            let now = updates.iter().any(retries).then(|| core.now());
            core.state
                .lock()
                .acknowledge(token, operations, updates, now.unwrap_or_default());
        }
        Err(error) if error.is_retryable() => {
            core.end(Ending::Errored(InvocationError::Backend(error)));
        }
        Err(error) => core.end(Ending::Failed(ErrorObject {
            error_type: Some("CheckpointRejected".to_owned()),
            error_message: Some(error.message),
            ..ErrorObject::default()
        })),
    }
}

/// When to ask the service what has changed, while some branches wait and others work.
#[derive(Default)]
struct PollSchedule {
    /// Since when somebody waits for an outside event.
    waiting_since: Option<Instant>,
    last: Option<Instant>,
    pause: Option<Duration>,
}

impl PollSchedule {
    /// The next time to ask: when the first timer is due, but at most once a second, so that a clock that runs ahead of the
    /// service's asks again instead of spinning.
    fn next(&mut self, now: Instant, due_in: Option<Duration>, outside: bool) -> Option<Instant> {
        let timer = due_in.map(|wait| {
            let at = now + wait;
            self.last.map_or(at, |last| at.max(last + FIRST_POLL))
        });
        let outside = outside.then(|| {
            let since = *self.waiting_since.get_or_insert(now);
            self.last.unwrap_or(since) + self.pause.unwrap_or(FIRST_POLL)
        });
        match (timer, outside) {
            (Some(timer), Some(outside)) => Some(timer.min(outside)),
            (timer, outside) => timer.or(outside),
        }
    }

    fn polled(&mut self, now: Instant) {
        self.last = Some(now);
        self.pause = Some((self.pause.unwrap_or(FIRST_POLL) * 2).min(SLOWEST_POLL));
    }
}

#[cfg(test)]
mod tests {
    use super::super::journal::Urgency;
    use super::super::testing;
    use super::*;
    use crate::host::{Checkpointed, StatePage};
    use crate::plugin::Plugins;
    use crate::replay::ROOT;
    use crate::wire::{OperationType, Timestamp};

    struct Panics;

    impl Backend for Panics {
        async fn checkpoint(
            &self,
            _: &str,
            _: &[OperationUpdate],
        ) -> Result<Checkpointed, BackendError> {
            panic!("on purpose");
        }

        async fn state(&self, _: &str, _: &str) -> Result<StatePage, BackendError> {
            panic!("on purpose");
        }

        fn now(&self) -> Timestamp {
            Timestamp::default()
        }
    }

    #[tokio::test]
    async fn an_invocation_ends_when_its_backend_panics() {
        let core = testing::core(Plugins::new());
        {
            let mut state = core.state.lock();
            state.active = true;
            let start = OperationUpdate::start(OperationType::Step, "a");
            state.push(ROOT, start, Urgency::Now);
            core.flush(&mut state);
        }
        let written = tokio::spawn(write(Arc::clone(&core), Arc::new(Panics))).await;
        assert!(written.unwrap_err().is_panic());
        let ending = core.state.lock().ending.take();
        assert!(
            matches!(
                &ending,
                Some(Ending::Errored(InvocationError::Backend(error))) if error.is_retryable()
            ),
            "{ending:?}"
        );
    }

    /// What was to be sent can be gone when the writer looks. Who asks for what comes next must be heard.
    #[tokio::test]
    async fn a_wish_to_send_what_is_gone_is_over() {
        let core = testing::core(Plugins::new());
        {
            let mut state = core.state.lock();
            state.active = true;
            core.flush(&mut state);
        }
        core.writer.notified().await;
        let work = next_work(&core, &Panics, &mut PollSchedule::default());
        assert!(matches!(work, Work::Nothing { until: Some(_) }));
        core.flush(&mut core.state.lock());
        let heard = core.writer.notified();
        assert!(tokio::time::timeout(Duration::ZERO, heard).await.is_ok());
    }

    #[test]
    fn questions_about_outside_events_become_rarer() {
        let mut schedule = PollSchedule::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let at = schedule.next(now, None, true).unwrap();
            pauses.push((at - now).as_secs());
            now = at;
            schedule.polled(now);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn a_timer_is_asked_about_when_it_is_due_and_then_once_a_second() {
        let mut schedule = PollSchedule::default();
        let now = Instant::now();
        let due = Duration::from_millis(200);
        assert_eq!(schedule.next(now, Some(due), false), Some(now + due));
        schedule.polled(now + due);
        assert_eq!(
            schedule.next(now + due, Some(Duration::ZERO), false),
            Some(now + due + FIRST_POLL),
            "the service's clock is behind ours"
        );
    }
}
