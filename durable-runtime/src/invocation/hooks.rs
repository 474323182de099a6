//! What plugins are told, and when. Nothing here exists in an invocation without plugins: [`Core::hooks`] is the one check on the way.
//!
//! Hooks are user code, so they run on the task that polls the invocation and never under the lock of its state. What an answer of the service
//! changed is noted under that lock ([`News`]) and told before anything that the workflow does next.

use std::collections::hash_map::Entry;

use super::core::{Core, State};
use crate::identity::{IdMap, OperationId};
use crate::lock::Mutex;
use crate::plugin::{
    AttemptEnd, AttemptInfo, AttemptOutcome, OperationChange, OperationInfo, Plugins,
};
use crate::wire::{
    ErrorObject, Operation, OperationStatus, OperationType, OperationUpdate, Timestamp,
};

/// The operations whose status one answer changed.
#[derive(Debug, Default)]
pub(crate) struct News {
    changed: Vec<Changed>,
}

#[derive(Debug)]
struct Changed {
    id: OperationId,
    operation: Operation,
    /// It has ended, and had not before.
    ended: bool,
}

/// What an operation was known as before an answer was applied.
pub(super) fn status_in(state: &State, operation: &Operation) -> Option<OperationStatus> {
    let id = OperationId::parse(&operation.id)?;
    Some(state.history.get(&id)?.status)
}

impl News {
    /// Notes an operation of an answer; `before` is what it was known as.
    pub(super) fn note(&mut self, operation: &Operation, before: Option<OperationStatus>) {
        let Some(id) = OperationId::parse(&operation.id) else {
            return;
        };
        if before != Some(operation.status) {
            self.changed.push(Changed {
                id,
                operation: operation.clone(),
                ended: operation.status.is_terminal() && !before.is_some_and(|s| s.is_terminal()),
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changed.is_empty()
    }
}

/// What the plugins of one invocation were told.
pub(crate) struct Hooks {
    pub(super) plugins: Plugins,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// The operations that this invocation has started or met.
    starts: IdMap<Start>,
    /// Operations that ended while nothing ran, and that the workflow hasn't come to yet.
    ends: IdMap<()>,
    /// The bodies that run now, in the order they started.
    attempts: Vec<Running>,
    keys: u64,
}

/// How this invocation came to an operation.
enum Start {
    /// Started by it: as it is until the service answers.
    Here(Box<Operation>),
    /// Started by an earlier one.
    Earlier,
}

#[derive(Clone, Copy)]
struct Running {
    key: u64,
    id: OperationId,
    number: u32,
    is_replaying_children: bool,
    started: Timestamp,
    /// Its invocation suspended, and nobody has gone on with it yet.
    suspended: bool,
}

impl Hooks {
    pub(super) fn new(plugins: Plugins) -> Self {
        Self {
            plugins,
            told: Mutex::default(),
        }
    }

    /// Forgets the last invocation. These operations ended before this one.
    pub(super) fn begin(&self, ended: impl IntoIterator<Item = OperationId>) {
        let mut told = self.told.lock();
        told.starts.clear();
        told.ends = ended.into_iter().map(|id| (id, ())).collect();
    }

    /// Tells what the service has answered since the last time.
    pub(super) fn tell_news(&self, core: &Core) {
        loop {
            let news = {
                let mut state = core.state.lock();
                match &mut state.news {
                    Some(news) if !news.is_empty() => std::mem::take(news),
                    _ => return,
                }
            };
            for answer in news {
                self.tell_answer(core, &answer);
            }
        }
    }

    fn tell_answer(&self, core: &Core, answer: &News) {
        let changed: Vec<OperationInfo<'_>> = answer
            .changed
            .iter()
            .map(|changed| {
                OperationInfo::new(&core.arn, &changed.operation, self.is_replay(&changed.id))
            })
            .collect();
        for (changed, info) in answer.changed.iter().zip(&changed) {
            if changed.ended {
                self.told.lock().ends.remove(&changed.id);
                self.plugins
                    .each("on_operation_end", |plugin| plugin.on_operation_end(info));
            }
        }
        let change = OperationChange {
            execution_arn: &core.arn,
            updated_operations: &changed,
            operations_count: core.state.lock().history.len(),
            look_up: &|id| {
                let id = OperationId::parse(id)?;
                core.state.lock().history.get(&id).cloned()
            },
        };
        self.plugins.each("on_operation_change", |plugin| {
            plugin.on_operation_change(&change);
        });
    }

    fn is_replay(&self, id: &OperationId) -> bool {
        !matches!(self.told.lock().starts.get(id), Some(Start::Here(_)))
    }

    /// The START of this operation is about to be queued.
    pub(super) fn starting(&self, core: &Core, id: OperationId, start: &OperationUpdate) {
        self.tell_news(core);
        // A further attempt of what this invocation knows already.
        if self.told.lock().starts.contains_key(&id) {
            return;
        }
        let mut operation = Operation::new(
            &*start.id,
            start.operation_type,
            OperationStatus::Started,
            core.now(),
        );
        operation.name.clone_from(&start.name);
        operation.parent_id.clone_from(&start.parent_id);
        operation.sub_type.clone_from(&start.sub_type);
        let known = Start::Here(Box::new(operation.clone()));
        self.told.lock().starts.insert(id, known);
        self.tell_start(core, &operation, false);
    }

    /// The workflow came to a recorded operation.
    pub(super) fn reached(&self, core: &Core, id: OperationId) {
        self.tell_news(core);
        let operation = {
            let state = core.state.lock();
            let Some(operation) = state.history.get(&id) else {
                return;
            };
            let mut told = self.told.lock();
            let is_news = if operation.status.is_terminal() {
                told.ends.remove(&id).is_some()
            } else {
                match told.starts.entry(id) {
                    Entry::Vacant(unknown) => {
                        unknown.insert(Start::Earlier);
                        true
                    }
                    Entry::Occupied(_) => false,
                }
            };
            if !is_news {
                return;
            }
            operation.clone()
        };
        if operation.status.is_terminal() {
            let info = OperationInfo::new(&core.arn, &operation, true);
            self.plugins
                .each("on_operation_end", |plugin| plugin.on_operation_end(&info));
        } else {
            self.tell_start(core, &operation, true);
        }
    }

    fn tell_start(&self, core: &Core, operation: &Operation, is_replay: bool) {
        let info = OperationInfo::new(&core.arn, operation, is_replay);
        self.plugins.each("on_operation_start", |plugin| {
            plugin.on_operation_start(&info);
        });
    }

    /// Tells of the operations that ended while nothing ran, and that the workflow didn't come to: their branches lost.
    pub(super) fn tell_unreached(&self, core: &Core, updated: &[OperationId]) {
        self.tell_news(core);
        for id in updated {
            self.reached_if_ended(core, *id);
        }
    }

    fn reached_if_ended(&self, core: &Core, id: OperationId) {
        if self.told.lock().ends.contains_key(&id) {
            self.reached(core, id);
        }
    }

    /// A parked workflow goes on without replay: tells what a replay of it would.
    pub(super) fn tell_resumed(&self, core: &Core, open: &[OperationId]) {
        for id in open {
            self.reached(core, *id);
            let suspended: Vec<u64> = {
                let told = self.told.lock();
                let of_it = |running: &&Running| running.suspended && running.id == *id;
                told.attempts.iter().filter(of_it).map(|r| r.key).collect()
            };
            for key in suspended {
                let running = {
                    let mut told = self.told.lock();
                    let Some(running) = told.attempts.iter_mut().find(|r| r.key == key) else {
                        continue;
                    };
                    running.suspended = false;
                    running.started = core.now();
                    *running
                };
                self.tell_attempt(core, &running, None);
            }
        }
    }

    /// The invocation suspends: what runs is incomplete, for now or for good.
    pub(super) fn tell_suspended(&self, core: &Core) {
        let running: Vec<Running> = {
            let mut told = self.told.lock();
            for running in &mut told.attempts {
                running.suspended = true;
            }
            told.attempts.iter().rev().copied().collect()
        };
        for running in &running {
            self.tell_attempt(core, running, Some((AttemptOutcome::Incomplete, None)));
        }
    }

    /// A body starts to run. Gives what [`attempt_ended`](Self::attempt_ended) knows it by.
    pub(super) fn attempt_started(
        &self,
        core: &Core,
        id: OperationId,
        number: u32,
        is_replaying_children: bool,
    ) -> u64 {
        self.tell_news(core);
        let running = {
            let mut told = self.told.lock();
            told.keys += 1;
            let running = Running {
                key: told.keys,
                id,
                number,
                is_replaying_children,
                started: core.now(),
                suspended: false,
            };
            told.attempts.push(running);
            running
        };
        self.tell_attempt(core, &running, None);
        running.key
    }

    /// A body has run, or was dropped.
    pub(super) fn attempt_ended(
        &self,
        core: &Core,
        key: u64,
        outcome: AttemptOutcome,
        error: Option<&ErrorObject>,
    ) {
        let running = {
            let mut told = self.told.lock();
            let Some(at) = told.attempts.iter().position(|r| r.key == key) else {
                return;
            };
            told.attempts.remove(at)
        };
        if !running.suspended {
            self.tell_news(core);
            self.tell_attempt(core, &running, Some((outcome, error)));
        }
    }

    fn tell_attempt(
        &self,
        core: &Core,
        running: &Running,
        end: Option<(AttemptOutcome, Option<&ErrorObject>)>,
    ) {
        let recorded = core.state.lock().history.get(&running.id).cloned();
        let operation = recorded.or_else(|| match self.told.lock().starts.get(&running.id) {
            Some(Start::Here(operation)) => Some(Operation::clone(operation)),
            _ => None,
        });
        // What has no record was started here.
        let Some(operation) = operation else {
            return;
        };
        let mut info = OperationInfo::new(&core.arn, &operation, self.is_replay(&running.id));
        if operation.operation_type == OperationType::Step {
            info.attempt = Some(running.number);
        }
        let attempt = AttemptInfo {
            operation: info,
            attempt: running.number,
            start_timestamp: running.started,
            is_replaying_children: running.is_replaying_children,
        };
        match end {
            None => self.plugins.each("on_attempt_start", |plugin| {
                plugin.on_attempt_start(&attempt)
            }),
            Some((outcome, error)) => {
                let end = AttemptEnd {
                    attempt,
                    outcome,
                    error,
                    end_timestamp: core.now(),
                };
                self.plugins
                    .each("on_attempt_end", |plugin| plugin.on_attempt_end(&end));
            }
        }
    }
}
