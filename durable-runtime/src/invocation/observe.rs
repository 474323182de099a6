//! An invocation as those see it who watch: its span, and what plugins hear of its start and its end.

use std::sync::Arc;

use tracing::Instrument;
use tracing::field::Empty;

use super::driver::Invocation;
use super::end::Outcome;
use super::hooks::Hooks;
use crate::host::Backend;
use crate::identity::{IdMap, OperationId};
use crate::plugin::{InvocationEnd, InvocationEndStatus, InvocationInfo, OperationInfo};
use crate::wire::{ErrorObject, Operation, Timestamp};

/// What only those who watch need to know.
#[derive(Debug, Default)]
pub(super) struct Observed {
    request_id: String,
    execution_start: Timestamp,
    /// Operations that changed while nothing ran. Kept for plugins only.
    updated: Vec<OperationId>,
    /// Those of them that ended meanwhile, as far as a resumed copy can tell; a replaying one finds out when all is loaded.
    ended: Option<IdMap<()>>,
    is_first: bool,
}

impl Observed {
    pub(super) fn is_execution(&mut self, execution: &Operation) {
        self.execution_start = execution.start_timestamp;
    }
}

impl<B> Invocation<B> {
    /// What the host calls this invocation: Lambda's request id, the engine's id of the invocation. For logs, traces and plugins; set it before each
    /// [`run`](Self::run), a resumed one included.
    pub fn set_request_id(&mut self, request_id: impl Into<String>) {
        self.observed.request_id = request_id.into();
    }

    /// The host says that these changed since the workflow last suspended.
    pub(super) fn note_updated(&mut self, ids: &[String]) {
        if self.core.hooks.is_some() {
            self.observed.updated = ids.iter().filter_map(|id| OperationId::parse(id)).collect();
        }
    }

    /// A parked workflow is about to hear of these.
    pub(super) fn note_changed(&mut self, changed: &[Operation]) {
        if self.core.hooks.is_none() {
            return;
        }
        let state = self.core.state.lock();
        let is_open = |id: &OperationId| {
            let known = state.history.get(id);
            !known.is_some_and(|known| known.status.is_terminal())
        };
        let mut ended = IdMap::default();
        self.observed.updated.clear();
        for operation in changed {
            if let Some(id) = OperationId::parse(&operation.id) {
                self.observed.updated.push(id);
                if operation.status.is_terminal() && is_open(&id) {
                    ended.insert(id, ());
                }
            }
        }
        self.observed.ended = Some(ended);
    }

    /// Calls `f` with what is known of the invocation.
    fn with_info(&self, f: impl FnOnce(&InvocationInfo<'_>)) {
        let core = &*self.core;
        let (updated, operations_count) = {
            let state = core.state.lock();
            let ids = self.observed.updated.iter();
            let updated: Vec<Operation> = ids
                .filter_map(|id| state.history.get(id))
                .cloned()
                .collect();
            (updated, state.history.len())
        };
        let updated: Vec<OperationInfo<'_>> = updated
            .iter()
            .map(|operation| OperationInfo::new(&core.arn, operation, true))
            .collect();
        f(&InvocationInfo {
            request_id: &self.observed.request_id,
            execution_arn: &core.arn,
            workflow: self.registration.name(),
            is_first_invocation: self.observed.is_first,
            execution_start_timestamp: self.observed.execution_start,
            operations_count,
            updated_operations: &updated,
        });
    }

    fn tell_start(&mut self) {
        let core = Arc::clone(&self.core);
        let Some(hooks) = &core.hooks else {
            return;
        };
        let resumed = self.observed.ended.take();
        let ended: Vec<OperationId> = {
            let state = core.state.lock();
            self.observed.is_first = resumed.is_none() && state.history.len() == 0;
            let has_ended = |id: &&OperationId| match &resumed {
                Some(ended) => ended.contains_key(id),
                None => state
                    .history
                    .get(id)
                    .is_some_and(|operation| operation.status.is_terminal()),
            };
            self.observed
                .updated
                .iter()
                .filter(has_ended)
                .copied()
                .collect()
        };
        hooks.begin(ended);
        self.with_info(|info| {
            hooks.plugins.each("on_invocation_start", |plugin| {
                plugin.on_invocation_start(info)
            });
        });
        if let Some(ended) = resumed {
            let met: Vec<OperationId> = {
                let state = core.state.lock();
                let scopes = state.scopes.open_tags();
                let mut met = state.history.open_or_in(&ended);
                // A branch that lost isn't gone on with.
                met.retain(|id| scopes.contains(&id.scope_tag()));
                met
            };
            hooks.tell_resumed(&core, &met);
        }
    }

    fn tell_end(&self, hooks: &Hooks, outcome: &Outcome) {
        let core = &*self.core;
        let broke_off;
        let (status, error) = match outcome {
            Outcome::Succeeded(_) => (InvocationEndStatus::Succeeded, None),
            Outcome::Failed(error) => (InvocationEndStatus::Failed, Some(error)),
            Outcome::Pending => (InvocationEndStatus::Pending, None),
            Outcome::Errored(error) => {
                broke_off = ErrorObject::new("InvocationError", error.to_string());
                (InvocationEndStatus::Retrying, Some(&broke_off))
            }
        };
        hooks.tell_news(core);
        if status != InvocationEndStatus::Retrying {
            hooks.tell_unreached(core, &self.observed.updated);
        }
        hooks.tell_suspended(core);
        self.with_info(|info| {
            let end = InvocationEnd {
                invocation: *info,
                status,
                error,
            };
            hooks
                .plugins
                .each("on_invocation_end", |plugin| plugin.on_invocation_end(&end));
        });
    }
}

impl<B: Backend> Invocation<B> {
    /// Runs until the workflow returns, breaks off, or waits for nothing but the service.
    ///
    /// In a span `workflow`, with the fields `otel.name` (the workflow's name), `durable.execution.arn`, `faas.invocation_id` (the request id)
    /// and, at its end, `durable.invocation.status`.
    pub async fn run(&mut self) -> Outcome {
        let span = tracing::info_span!(
            "workflow",
            otel.name = self.registration.name(),
            durable.execution.arn = self.core.arn,
            faas.invocation_id = self.observed.request_id,
            durable.invocation.status = Empty,
        );
        let outcome = self.run_observed().instrument(span.clone()).await;
        let status = match &outcome {
            Outcome::Succeeded(_) => "SUCCEEDED",
            Outcome::Failed(_) => "FAILED",
            Outcome::Pending => "PENDING",
            Outcome::Errored(_) => "RETRYING",
        };
        self.core.spans.suspend();
        span.record("durable.invocation.status", status);
        outcome
    }

    async fn run_observed(&mut self) -> Outcome {
        let loaded = self.load_in_time().await;
        self.tell_start();
        let outcome = match loaded {
            Ok(()) => self.run_in_time().await,
            Err(ending) => Err(ending),
        };
        self.core.state.lock().broken_off = outcome.is_err();
        let outcome = outcome.unwrap_or_else(Outcome::from);
        let core = Arc::clone(&self.core);
        if let Some(hooks) = &core.hooks {
            self.tell_end(hooks, &outcome);
            hooks.plugins.flush().await;
        }
        outcome
    }
}
