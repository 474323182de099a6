//! What the operations, the writer and the driver of one invocation share.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::task::Waker;
use std::time::Instant;

use tokio::sync::Notify;

use super::InvocationError;
use super::hooks::{Hooks, News};
use super::journal::{Journal, Sequence, Urgency};
use super::spans::Spans;
use crate::identity::{IdMap, OperationId, Tag};
use crate::lock::Mutex;
use crate::plugin::Plugins;
use crate::replay::{History, Place, ROOT, ScopeIndex, Scopes, check_return};
use crate::saga::Sagas;
use crate::site::{Definition, Site};
use crate::wire::{ErrorObject, Operation, OperationUpdate, Timestamp};

/// Why an invocation ends without its workflow returning. The future is dropped: no `match` in a workflow can swallow it.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The execution fails.
    Failed(ErrorObject),
    /// The invocation ends with an error, and the service invokes again.
    Errored(InvocationError),
    /// This invocation may write no more: answer PENDING.
    Released,
}

/// Someone waits for the service to finish an operation. Several may wait for one: the handle of a callback can be awaited in more than one branch.
#[derive(Debug)]
pub(super) struct Parked {
    waiters: u32,
    waker: Waker,
    /// Of waiters that are woken in another way than the last one.
    others: Vec<Waker>,
    due: Option<Timestamp>,
}

impl Parked {
    pub(super) fn wake(&self) {
        self.waker.wake_by_ref();
        for other in &self.others {
            other.wake_by_ref();
        }
    }
}

/// The part of an invocation that changes.
pub(crate) struct State {
    pub(crate) history: History,
    pub(crate) scopes: Scopes,
    pub(crate) journal: Journal,
    /// Step bodies and tracked blocking work that run now.
    pub(crate) running: usize,
    pub(super) parked: IdMap<Parked>,
    pub(super) waiters: BTreeMap<Sequence, Waker>,
    /// The driver is polling the workflow, or about to. Not from the moment on at which it decides that the workflow rests until somebody goes on with it.
    pub(crate) active: bool,
    /// The driver waits for the writer to wake up.
    pub(crate) wake_writer: bool,
    /// The writer is asked to send what is queued.
    pub(crate) flush: bool,
    /// The writer is asked to find out what has changed.
    pub(crate) poll: bool,
    /// The scopes in which codecs read records now.
    pub(crate) decoding: Vec<ScopeIndex>,
    /// Who waits until none of them reads for an abandoned branch.
    pub(crate) settling: Vec<Waker>,
    /// Counts what may have made progress possible. A driver that polled before the last one polls again.
    pub(crate) events: u64,
    pub(crate) driver: Option<Waker>,
    pub(crate) ending: Option<Ending>,
    /// The execution is to end, and its successor to go on with this input.
    pub(crate) restart: Option<String>,
    /// A single-shot step must run again: replay from history within this invocation.
    pub(crate) needs_replay: bool,
    /// The invocation is over or starts again: futures being dropped change nothing.
    pub(crate) closed: bool,
    /// Unreached records of scopes that returned, described.
    pub(crate) left_over: Vec<String>,
    /// Where the code stands that would do something new, while it is only replayed.
    pub(crate) held: Vec<String>,
    /// Where it stands in all, while it is only replayed: also where it waits for what is recorded.
    pub(crate) stands: Vec<(ScopeIndex, &'static Site)>,
    /// The runtime has ended the execution, and not the workflow by returning.
    pub(crate) broken_off: bool,
    /// What a workflow was told that it could not read, and may have handled, while it is only replayed.
    pub(crate) unread: Vec<String>,
    /// What plugins have not been told yet, an entry for each answer; `None` without plugins.
    pub(super) news: Option<Vec<News>>,
}

/// How an invocation behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Waits that lost a race are cancelled.
    pub(crate) cancels_waits: bool,
    /// No body runs and nothing is written: what is new waits for ever.
    pub(crate) replay_only: bool,
}

/// One invocation: its constants, and the changing part behind a lock that is never held while user code runs.
pub(crate) struct Core {
    pub(crate) arn: String,
    pub(crate) state: Mutex<State>,
    /// Wakes the writer task.
    pub(crate) writer: Notify,
    /// The writer task is awake.
    pub(crate) writer_awake: Notify,
    /// Waits that lost a race are cancelled.
    pub(crate) cancels_waits: bool,
    /// See [`Manner::replay_only`].
    pub(crate) replay_only: bool,
    /// When the invocation ends whatever runs; not set where there is no such time.
    pub(crate) deadline: OnceLock<Instant>,
    /// `None` without plugins: then nothing else about them costs anything.
    pub(crate) hooks: Option<Hooks>,
    pub(super) spans: Spans,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Core {
    pub(crate) fn new(
        arn: String,
        token: String,
        definition: &'static Definition,
        retired: HashSet<Tag>,
        manner: Manner,
        plugins: Plugins,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Arc<Self> {
        let hooks = (!plugins.is_empty()).then(|| Hooks::new(plugins));
        Arc::new(Self {
            arn,
            state: Mutex::new(State {
                history: History::new(retired),
                scopes: Scopes::new(definition),
                journal: Journal::new(token),
                running: 0,
                parked: HashMap::default(),
                waiters: BTreeMap::new(),
                active: false,
                wake_writer: false,
                flush: false,
                poll: false,
                decoding: Vec::new(),
                settling: Vec::new(),
                events: 0,
                driver: None,
                ending: None,
                restart: None,
                needs_replay: false,
                closed: false,
                left_over: Vec::new(),
                held: Vec::new(),
                stands: Vec::new(),
                broken_off: false,
                unread: Vec::new(),
                news: hooks.is_some().then(Vec::new),
            }),
            writer: Notify::new(),
            writer_awake: Notify::new(),
            cancels_waits: manner.cancels_waits,
            replay_only: manner.replay_only,
            deadline: OnceLock::new(),
            hooks,
            spans: Spans::default(),
            clock: Box::new(clock),
        })
    }

    /// The time by the service's clock.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Loads a page of the initial state.
    pub(crate) fn load(&self, operations: Vec<Operation>) {
        self.state.lock().history.load(operations);
    }

    /// Ends the invocation; the first ending stands.
    pub(crate) fn end(&self, ending: Ending) {
        let mut state = self.state.lock();
        state.ending.get_or_insert(ending);
        state.touch();
    }

    /// The workflow hands over to a successor with this input.
    pub(crate) fn restart(&self, input: String) {
        let mut state = self.state.lock();
        state.restart = Some(input);
        state.touch();
    }

    /// A step body can't be started again from what is in memory.
    pub(crate) fn request_replay(&self) {
        let mut state = self.state.lock();
        state.needs_replay = true;
        state.touch();
    }

    /// A scope's future returned or was dropped.
    pub(crate) fn close_scope(&self, scope: ScopeIndex, returned: bool) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        if returned {
            let State {
                history,
                scopes,
                left_over,
                ..
            } = &mut *state;
            let found = check_return(history, scopes, scope);
            left_over.extend(found);
            state.scopes.close(scope);
        } else {
            state.journal.forget_scope(scope);
            let orphans = state.scopes.hand_over(scope);
            state.scopes.close(scope);
            drop(state);
            // Closures of the user's: not dropped under the lock.
            drop(orphans);
        }
    }

    /// Whether workflow code in this scope is still replaying what an earlier invocation ran.
    pub(crate) fn is_replaying(&self, scope: ScopeIndex) -> bool {
        // Called from inside a tracing subscriber: never wait for a lock that this thread might hold.
        let Some(state) = self.state.try_lock() else {
            return false;
        };
        let Some(context) = state
            .scopes
            .get(scope)
            .map(|scope| (scope.real, scope.context))
        else {
            return false;
        };
        if state.scopes.is_ghost(scope) {
            return true;
        }
        let live = state.scopes.get(context.0).is_some_and(|real| real.live);
        !live && state.history.open_under(context.1) > 0
    }

    /// Asks the writer to send what is queued.
    pub(crate) fn flush(&self, state: &mut State) {
        if !state.flush {
            state.flush = true;
            self.writer.notify_one();
        }
    }

    /// Prepares another replay within this invocation.
    pub(crate) fn rewind(&self, definition: &'static Definition) {
        let mut state = self.state.lock();
        state.history.rewind();
        let scopes = std::mem::replace(&mut state.scopes, Scopes::new(definition));
        state.parked.clear();
        state.waiters.clear();
        state.left_over.clear();
        state.needs_replay = false;
        state.closed = false;
        state.decoding.clear();
        state.settling.clear();
        drop(state);
        drop(scopes);
    }

    /// What the workflow registered to undo, for whoever drops the workflow.
    pub(crate) fn take_sagas(&self) -> Sagas {
        std::mem::take(&mut self.state.lock().scopes.sagas)
    }

    /// Forgets the future's bookkeeping before the future itself is dropped.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
    }
}

impl State {
    /// Something happened that the driver must look at.
    pub(crate) fn touch(&mut self) {
        self.events += 1;
        if let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
    }

    pub(crate) fn place(&mut self, scope: ScopeIndex, site: &Site, key: &str) -> Option<Place> {
        self.scopes.place(scope, site, key)
    }

    pub(crate) fn wait_for(&mut self, sequence: Sequence, waker: &Waker) {
        self.waiters.insert(sequence, waker.clone());
    }

    /// Someone waits for the operation: `again` if they are known to.
    pub(crate) fn park(
        &mut self,
        id: OperationId,
        due: Option<Timestamp>,
        waker: &Waker,
        again: bool,
    ) {
        match self.parked.entry(id) {
            Entry::Vacant(free) => {
                free.insert(Parked {
                    waiters: 1,
                    waker: waker.clone(),
                    others: Vec::new(),
                    due,
                });
            }
            Entry::Occupied(mut there) => {
                let parked = there.get_mut();
                parked.waiters += u32::from(!again);
                parked.due = due;
                if !parked.waker.will_wake(waker) {
                    let earlier = std::mem::replace(&mut parked.waker, waker.clone());
                    // What a waker wakes looks again and parks again, so one too many does no harm.
                    if parked.waiters > 1 && !parked.others.iter().any(|at| at.will_wake(&earlier))
                    {
                        parked.others.push(earlier);
                    }
                }
            }
        }
    }

    pub(crate) fn unpark(&mut self, id: &OperationId) {
        if let Some(parked) = self.parked.get_mut(id) {
            parked.waiters -= 1;
            if parked.waiters == 0 {
                self.parked.remove(id);
            }
        }
    }

    pub(crate) fn is_parked(&self) -> bool {
        !self.parked.is_empty() || !self.held.is_empty()
    }

    /// When the first of the parked operations is due, as far as times are known.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.parked.values().filter_map(|parked| parked.due).min()
    }

    /// Something waits for an outside event whose time nobody knows (a callback, an invoke).
    pub(crate) fn waits_for_outside(&self) -> bool {
        self.parked.values().any(|parked| parked.due.is_none())
    }

    pub(crate) fn push(
        &mut self,
        scope: ScopeIndex,
        update: OperationUpdate,
        urgency: Urgency,
    ) -> Sequence {
        self.journal.push(scope, update, urgency)
    }

    /// Records that the root scope returned.
    pub(crate) fn root_returned(&mut self) {
        let found = check_return(&mut self.history, &self.scopes, ROOT);
        self.left_over.extend(found);
    }
}
