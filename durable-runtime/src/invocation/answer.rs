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
