//! The service's answers: what they change in what is known, and whom that wakes.

use std::time::Duration;

use super::core::State;
use super::hooks::{News, status_in};
use crate::identity::OperationId;
use crate::replay::History;
use crate::wire::{
    ContextDetails, Operation, OperationAction, OperationStatus, OperationType, OperationUpdate,
    StepDetails, Timestamp,
};

impl State {
    /// Applies what the service says has changed, and wakes whoever waits for it.
    pub(crate) fn apply(&mut self, operations: Vec<Operation>) {
        self.merge(operations, &[], Timestamp::default());
        self.touch();
    }

    /// What an answer changed, and what was sent for it; `now` by the service's clock.
    fn merge(&mut self, operations: Vec<Operation>, sent: &[OperationUpdate], now: Timestamp) {
        let mut news = self.news.is_some().then(News::default);
        let retries = sent
            .iter()
            .any(|update| update.action == OperationAction::Retry);
        let mut told = Vec::new();
        for operation in operations {
            if let Some(news) = &mut news {
                news.note(&operation, status_in(self, &operation));
            }
            if let Some(id) = self.history.merge(operation) {
                if retries {
                    told.push(id);
                }
                if let Some(parked) = self.parked.get(&id) {
                    parked.wake();
                }
            }
        }
        for update in sent {
            if let Some(operation) = left_out(&self.history, &told, update, now) {
                if let Some(news) = &mut news {
                    news.note(&operation, status_in(self, &operation));
                }
                self.history.merge(operation);
            }
        }
        if let (Some(all), Some(news)) = (&mut self.news, news)
            && !news.is_empty()
        {
            all.push(news);
        }
    }

    /// A batch was acknowledged. The answer normally repeats what it changed; what it left out is filled in here, so that a
    /// later replay in this process finds it.
    pub(crate) fn acknowledge(
        &mut self,
        token: Option<String>,
        operations: Vec<Operation>,
        sent: &[OperationUpdate],
        now: Timestamp,
    ) {
        self.merge(operations, sent, now);
        self.journal.acknowledge(token);
        while let Some(first) = self.waiters.first_entry()
            && self.journal.is_acknowledged(*first.key())
        {
            first.remove().wake();
        }
        // What is left goes with what the driver adds to it now: it is woken, and asks for it.
        self.flush = false;
        self.touch();
    }
}

/// The ends of steps, contexts and attempts, of which nobody else would tell us if the answer left them out. A step whose failed attempt is nowhere
/// would be tried at once, again and again, with the same number. `told`: what the answer does mention, which matters for attempts, since before one the
/// step looks as after it.
fn left_out(
    history: &History,
    told: &[OperationId],
    update: &OperationUpdate,
    now: Timestamp,
) -> Option<Operation> {
    let status = match update.action {
        OperationAction::Succeed => OperationStatus::Succeeded,
        OperationAction::Fail => OperationStatus::Failed,
        OperationAction::Retry => OperationStatus::Pending,
        _ => return None,
    };
    let id = OperationId::parse(&update.id)?;
    let known = history.get(&id);
    if known.is_some_and(|operation| {
        let waits = matches!(
            operation.status,
            OperationStatus::Pending | OperationStatus::Ready
        );
        operation.status.is_terminal()
            || status == OperationStatus::Pending && waits && told.contains(&id)
    }) {
        return None;
    }
    let mut operation = Operation::new(
        &*update.id,
        update.operation_type,
        status,
        Timestamp::default(),
    );
    operation.parent_id.clone_from(&update.parent_id);
    operation.name.clone_from(&update.name);
    operation.sub_type.clone_from(&update.sub_type);
    let result = update.payload.clone();
    let error = update.error.clone();
    match update.operation_type {
        OperationType::Step => {
            let attempt = known.map_or(0, Operation::finished_attempts);
            let options = update.step_options.as_ref();
            let pause = options.and_then(|options| options.next_attempt_delay_seconds);
            operation.step_details = Some(StepDetails {
                attempt: attempt.saturating_add(1),
                result,
                error,
                next_attempt_timestamp: pause
                    .map(|seconds| now.saturating_add(Duration::from_secs(seconds.into()))),
            });
        }
        OperationType::Context => {
            let replay_children = update
                .context_options
                .as_ref()
                .and_then(|options| options.replay_children);
            operation.context_details = Some(Box::new(ContextDetails {
                replay_children,
                result,
                error,
            }));
        }
        _ => return None,
    }
    Some(operation)
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use super::super::journal::Urgency;
    use super::super::testing::{NOW, core};
    use super::*;
    use crate::identity::{ROOT_SCOPE, site_id};
    use crate::plugin::{Plugin, Plugins};
    use crate::replay::ROOT;
    use crate::wire::{ErrorObject, SubType};

    use OperationStatus::{Pending, Ready, Started, Succeeded};
    use OperationType::{Callback, Context, Execution, Step, Wait};

    const IN_5_SECONDS: Timestamp = Timestamp::from_millis(1_767_225_605_000);
    const IN_A_MINUTE: Timestamp = Timestamp::from_millis(1_767_225_660_000);

    fn id() -> OperationId {
        OperationId::derive(&ROOT_SCOPE, &site_id("flow/charge"), "", 0)
    }

    fn boom() -> ErrorObject {
        ErrorObject::new("Boom", "it went boom")
    }

    /// What is known of the operation after an answer to these updates, before which this was known of it.
    fn known(
        before: Option<Operation>,
        answered: Option<Operation>,
        sent: &[OperationUpdate],
    ) -> Option<Operation> {
        let core = core(Plugins::new());
        let mut state = core.state.lock();
        state.history.load(before.into_iter().collect());
        let answered = answered.into_iter().collect();
        state.acknowledge(Some("t1".to_owned()), answered, sent, NOW);
        state.history.get(&id()).cloned()
    }

    fn step(status: OperationStatus, attempt: u32) -> Operation {
        let mut step = Operation::new(id().to_text(), Step, status, Timestamp::default());
        step.step_details = Some(StepDetails {
            attempt,
            next_attempt_timestamp: (status == Pending).then_some(IN_A_MINUTE),
            ..StepDetails::default()
        });
        step
    }

    fn retry() -> OperationUpdate {
        OperationUpdate::retry_with_error(id().to_text(), boom(), 5)
    }

    #[test]
    fn the_end_of_a_step_that_an_answer_leaves_out_is_filled_in() {
        let end = OperationUpdate::succeed(Step, id().to_text())
            .with_name("charge")
            .with_parent("p".repeat(64))
            .with_sub_type(SubType::STEP)
            .with_payload("7");
        let mut step = step(Succeeded, 1);
        step.name = Some("charge".into());
        step.parent_id = Some("p".repeat(64));
        step.sub_type = Some(SubType::STEP);
        step.step_details.as_mut().unwrap().result = Some("7".to_owned());
        assert_eq!(known(None, None, &[end]), Some(step));

        let failed = known(
            Some(self::step(Started, 2)),
            None,
            &[OperationUpdate::fail(Step, id().to_text(), boom())],
        );
        let failed = failed.unwrap();
        assert_eq!(failed.status, OperationStatus::Failed);
        assert_eq!(
            (failed.error(), failed.finished_attempts()),
            (Some(&boom()), 3)
        );
    }

    #[test]
    fn the_end_of_a_context_that_an_answer_leaves_out_is_filled_in() {
        let end = OperationUpdate::succeed(Context, id().to_text()).with_payload("7");
        let context = known(None, None, from_ref(&end)).unwrap();
        assert_eq!(
            (context.operation_type, context.status),
            (Context, Succeeded)
        );
        assert_eq!(
            (context.result(), context.replay_children()),
            (Some("7"), false)
        );
        let context = known(None, None, &[end.with_replay_children()]).unwrap();
        assert!(context.replay_children());
    }

    #[test]
    fn a_failed_attempt_that_an_answer_leaves_out_waits_for_the_next_one() {
        for (before, attempts) in [
            (None, 1),
            (Some(step(Started, 1)), 2),
            // As it was before the attempt that has failed now.
            (Some(step(Ready, 2)), 3),
            (Some(step(Pending, 2)), 3),
        ] {
            let step = known(before, None, &[retry()]).unwrap();
            assert_eq!((step.status, step.error()), (Pending, Some(&boom())));
            let details = step.step_details.unwrap();
            assert_eq!(details.attempt, attempts);
            assert_eq!(details.next_attempt_timestamp, Some(IN_5_SECONDS));
        }
    }

    #[test]
    fn a_failed_attempt_that_an_answer_tells_of_is_as_it_tells() {
        for told in [step(Pending, 1), step(Ready, 1), step(Succeeded, 2)] {
            let step = known(Some(step(Started, 0)), Some(told.clone()), &[retry()]);
            assert_eq!(step, Some(told));
        }
        // It tells of the beginning only.
        let step = known(None, Some(step(Started, 0)), &[retry()]).unwrap();
        assert_eq!((step.status, step.finished_attempts()), (Pending, 1));
    }

    #[test]
    fn an_end_that_an_answer_tells_of_is_as_it_tells() {
        let end = OperationUpdate::succeed(Step, id().to_text()).with_payload("7");
        let told = step(Succeeded, 4);
        assert_eq!(known(None, Some(told.clone()), from_ref(&end)), Some(told));
        // It tells of what the end has come after.
        for told in [step(Started, 1), step(Pending, 1), step(Ready, 1)] {
            let sent = [retry(), end.clone()];
            let step = known(None, Some(told), &sent).unwrap();
            assert_eq!((step.status, step.result()), (Succeeded, Some("7")));
        }
    }

    #[test]
    fn nothing_else_that_was_sent_is_filled_in() {
        for update in [
            OperationUpdate::start(Step, id().to_text()),
            OperationUpdate::cancel(Wait, id().to_text()),
            OperationUpdate::succeed(Callback, id().to_text()),
            OperationUpdate::succeed(Execution, id().to_text()),
        ] {
            assert_eq!(known(None, None, &[update]), None);
        }
        let core = core(Plugins::new());
        let sent = [OperationUpdate::succeed(Step, "another SDK's")];
        let mut state = core.state.lock();
        state.acknowledge(None, Vec::new(), &sent, NOW);
        assert_eq!(state.history.len(), 0);
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn waker() -> (Arc<Woken>, Waker) {
        let woken = Arc::new(Woken::default());
        (Arc::clone(&woken), Waker::from(woken))
    }

    #[test]
    fn an_answer_wakes_whoever_waits_for_what_was_sent() {
        let core = core(Plugins::new());
        let mut state = core.state.lock();
        let (sent_woken, sent_waker) = waker();
        let (later_woken, later_waker) = waker();
        let (driver_woken, driver_waker) = waker();
        state.driver = Some(driver_waker);
        let update = || OperationUpdate::start(Step, id().to_text());
        let sent = state.push(ROOT, update(), Urgency::Now);
        let (_, updates) = state.journal.take_batch().unwrap();
        let later = state.push(ROOT, update(), Urgency::Now);
        state.wait_for(sent, &sent_waker);
        state.wait_for(later, &later_waker);
        state.flush = true;

        state.acknowledge(Some("t1".to_owned()), Vec::new(), &updates, NOW);

        let count = |woken: &Woken| woken.0.load(Ordering::Relaxed);
        assert_eq!((count(&sent_woken), count(&later_woken)), (1, 0));
        assert_eq!((count(&driver_woken), state.events), (1, 1));
        assert!(!state.flush, "the driver asks again for what is left");
        let (token, _) = state.journal.take_batch().unwrap();
        assert_eq!(token, "t1");
    }

    #[test]
    fn what_has_changed_wakes_whoever_waits_for_it() {
        let core = core(Plugins::new());
        let mut state = core.state.lock();
        let (woken, waker) = waker();
        state.park(id(), None, &waker, false);
        state.apply(vec![step(Ready, 1)]);
        assert_eq!((woken.0.load(Ordering::Relaxed), state.events), (1, 1));
        assert_eq!(state.history.get(&id()), Some(&step(Ready, 1)));
    }

    struct Watcher;

    impl Plugin for Watcher {}

    #[test]
    fn plugins_have_news_of_each_answer_that_changed_something() {
        let core = core(Plugins::new().with(Watcher));
        let mut state = core.state.lock();
        let news = |state: &State| state.news.as_ref().map(Vec::len);
        assert_eq!(news(&state), Some(0));
        state.apply(vec![step(Started, 0)]);
        assert_eq!(news(&state), Some(1));
        state.apply(vec![step(Started, 0)]);
        state.apply(Vec::new());
        assert_eq!(news(&state), Some(1), "it was known");
        let sent = [OperationUpdate::succeed(Step, id().to_text())];
        state.acknowledge(None, Vec::new(), &sent, NOW);
        assert_eq!(news(&state), Some(2), "what was filled in is news too");
    }
}
