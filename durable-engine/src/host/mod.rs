//! The in-process host: runs registered workflows against the core and a store.
//!
//! Whatever happens to an execution happens under its slot's lock: the core decides, the commit becomes durable, and only then is anybody
//! told. A commit that fails leaves memory ahead of the store; such a slot is given up and read again from the store when
//! somebody next asks for it.

mod activity;
mod backend;
mod chain;
mod checkpoint;
mod faults;
mod function;
mod ids;
mod outside;
mod reading;
mod restart;
mod retention;
mod runner;
mod slot;
mod slots;
mod start;
mod targets;
mod timers;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use durable_runtime::host::InvocationOptions;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::checkpoint::CheckpointError;
pub(crate) use self::faults::Faults;
pub(crate) use self::function::PlainCall;
pub(crate) use self::ids::Ids;
pub(crate) use self::restart::successor_of;
pub(crate) use self::retention::Removal;
pub(crate) use self::slot::{Problem, Slot};
pub(crate) use self::start::{Start, Started};
pub(crate) use self::targets::{Registered, Target, Targets};

use self::activity::{Activity, Busy};
use self::slot::{Guarded, Progress};
use self::slots::Slots;
use self::timers::Timers;
use crate::clock::{Clock, VirtualClock};
use crate::core::{Commit, ExecutionRecord, Invoker};
use crate::error::EngineError;
use crate::service::names::Home;
use crate::store::{Caught, Store};

/// How long an execution that could not be recorded waits before it is tried again.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// How a host behaves beyond what it runs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) ids: Ids,
    pub(crate) home: Home,
    pub(crate) max_resident: usize,
    /// Days an execution is kept after its end, where its function doesn't say.
    pub(crate) retention_days: Option<u32>,
    pub(crate) invocation: InvocationOptions,
    pub(crate) crash_after_each_checkpoint: bool,
    /// What goes wrong between invocations and this host, in tests.
    pub(crate) faults: Option<Arc<Faults>>,
    /// Moves on by itself to the next timer when nothing runs and somebody waits for a result.
    pub(crate) virtual_clock: Option<VirtualClock>,
}

/// The host of one engine.
pub(crate) struct Host {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    settings: Settings,
    pub(crate) targets: Targets,
    slots: Mutex<Slots<Slot>>,
    /// Chained invokes that a task is starting.
    chains: Mutex<HashSet<Invoker>>,
    timers: Timers,
    activity: Activity,
    /// Told whenever something was recorded.
    pub(crate) recorded: Notify,
    tasks: TaskTracker,
    /// The timer task, which holds the host while it waits.
    services: TaskTracker,
    /// Everything stops where it is.
    abort: CancellationToken,
    /// No new invocations.
    closing: AtomicBool,
    resident: AtomicUsize,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("targets", &self.targets.names())
            .finish_non_exhaustive()
    }
}

impl Host {
    pub(crate) async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        targets: Targets,
    ) -> Result<Arc<Self>, EngineError> {
        let slots = Mutex::new(Slots::new(settings.max_resident));
        let host = Arc::new(Self {
            store: Caught::wrap(store),
            clock,
            settings,
            targets,
            slots,
            chains: Mutex::default(),
            timers: Timers::default(),
            activity: Activity::default(),
            recorded: Notify::new(),
            tasks: TaskTracker::new(),
            services: TaskTracker::new(),
            abort: CancellationToken::new(),
            closing: AtomicBool::new(false),
            resident: AtomicUsize::new(0),
        });
        host.recover().await?;
        let timers = timers::serve(Arc::downgrade(&host), host.abort.clone());
        host.services.spawn(timers);
        Ok(host)
    }

    /// Makes a commit durable. If that fails, the slot is given up: the store is what counts.
    async fn commit(
        &self,
        slot: &Arc<Slot>,
        guarded: &mut Guarded,
        commit: Commit,
    ) -> Result<(), EngineError> {
        if guarded.given_up || self.abort.is_cancelled() {
            return Err(EngineError::ShutDown);
        }
        if commit.is_empty() {
            return Ok(());
        }
        match self.store.commit(commit).await {
            Ok(()) => {
                self.recorded.notify_waiters();
                Ok(())
            }
            Err(error) => {
                let error = EngineError::from(error);
                tracing::error!(arn = %slot.arn, %error, "an execution can't be recorded and waits until it can");
                self.give_up(slot, guarded, Problem::Engine(error.clone()));
                Err(error)
            }
        }
    }

    fn give_up(&self, slot: &Arc<Slot>, guarded: &mut Guarded, problem: Problem) {
        guarded.given_up = true;
        self.evict(guarded);
        self.try_again_later(&slot.arn);
        self.slots.lock().remove(&slot.arn, slot);
        slot.publish(Progress::Stuck(problem));
        // What still runs learns at its next checkpoint that nothing more is recorded through this slot.
        slot.poll_invocation();
    }

    /// The store refused: the execution is read from it again after a while, and goes on if it lets us.
    fn try_again_later(&self, arn: &Arc<str>) {
        self.timers
            .set(arn, Some(self.clock.now().saturating_add(STORE_RETRY)));
    }

    /// Drops the copy of the workflow that is kept in memory.
    fn evict(&self, guarded: &mut Guarded) {
        if guarded.resident.take().is_some() {
            self.resident.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// After anything that changed an execution: sets its timer, starts the invocation that is owed, publishes its end.
    fn schedule(self: &Arc<Self>, slot: &Arc<Slot>, guarded: &mut Guarded) {
        if guarded.given_up {
            return;
        }
        let record = guarded.execution.record();
        if record.status.is_terminal() {
            let record = Arc::new(record.clone());
            self.evict(guarded);
            self.timers.set(&slot.arn, None);
            self.slots.lock().remove(&slot.arn, slot);
            slot.rests.notify_waiters();
            slot.over.notify_one();
            self.has_ended(&record);
            slot.publish(Progress::Ended(record));
            return;
        }
        let now = self.clock.now();
        let invoke_at = guarded.execution.invoke_at();
        let owed = guarded.execution.is_owed(now);
        if owed && !guarded.running && !self.is_closing() {
            guarded.running = true;
            let busy = self.activity.busy();
            self.tasks
                .spawn(runner::run(Arc::clone(self), Arc::clone(slot), busy));
        }
        let later = invoke_at.filter(|at| *at > now);
        let due = guarded.execution.next_due().into_iter().chain(later).min();
        self.timers.set(&slot.arn, due);
    }

    /// What the end of an execution means to others.
    fn has_ended(self: &Arc<Self>, record: &ExecutionRecord) {
        self.report(record);
        self.give_up_successor(record);
        self.retain(record);
    }

    /// A timer came for an execution that is over. Its end was stored and the store said that it was not, so that nobody has been told.
    async fn found_ended(self: &Arc<Self>, arn: &Arc<str>) {
        match self.store.record(arn).await {
            Ok(Some(record)) if record.status.is_terminal() => self.has_ended(&record),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%arn, %error, "it has ended, and those that wait for it can't be told yet");
                self.try_again_later(arn);
            }
        }
    }

    /// A timer of this execution has come.
    async fn fire(self: Arc<Self>, arn: Arc<str>, busy: Busy) {
        if Self::is_retention(&arn) {
            self.sweep().await;
            return;
        }
        let slot = match self.slot(&arn).await {
            Ok(Some(slot)) => slot,
            Ok(None) => {
                self.found_ended(&arn).await;
                return;
            }
            Err(EngineError::ShutDown) => return,
            Err(error) => {
                tracing::error!(%arn, %error, "a timer came, and its execution can't go on");
                if matches!(error, EngineError::Store(_)) {
                    self.try_again_later(&arn);
                }
                return;
            }
        };
        let mut guarded = slot.guarded.lock().await;
        let now = self.clock.now();
        if guarded.execution.next_due().is_some_and(|at| at <= now) {
            let commit = guarded.execution.due(now);
            if self.commit(&slot, &mut guarded, commit).await.is_err() {
                return;
            }
            slot.poll_invocation();
        }
        self.schedule(&slot, &mut guarded);
        drop(busy);
    }

    /// Waits until an execution has ended, or can't go on.
    pub(crate) async fn ended(self: &Arc<Self>, arn: &str) -> Result<ExecutionRecord, Problem> {
        let _waiting = self.activity.waiting();
        if let Some(slot) = self.slot(arn).await? {
            let mut progress = slot.progress.subscribe();
            loop {
                match &*progress.borrow_and_update() {
                    Progress::Ended(record) => return Ok(ExecutionRecord::clone(record)),
                    Progress::Stuck(problem) => return Err(problem.clone()),
                    Progress::Running => {}
                }
                tokio::select! {
                    changed = progress.changed() => changed.map_err(|_| EngineError::ShutDown)?,
                    () = self.abort.cancelled() => return Err(EngineError::ShutDown.into()),
                }
            }
        }
        match self.store.load(arn).await.map_err(EngineError::from)? {
            Some(loaded) => Ok(loaded.record),
            None => Err(EngineError::NotFound {
                workflow: String::new(),
                id: arn.to_owned(),
            }
            .into()),
        }
    }

    /// Somebody waits for what happens, until this is dropped.
    pub(crate) fn waiting(&self) -> impl Drop + use<> {
        self.activity.waiting()
    }

    /// Waits until everything has stopped where it was.
    pub(crate) async fn aborted(&self) {
        self.abort.cancelled().await;
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Lets what runs come to rest.
    pub(crate) async fn shutdown(&self) {
        self.closing.store(true, Ordering::Release);
        self.tasks.close();
        self.tasks.wait().await;
        self.abort();
        self.services.close();
        self.services.wait().await;
    }

    /// Stops everything where it is.
    pub(crate) fn abort(&self) {
        self.closing.store(true, Ordering::Release);
        self.abort.cancel();
        let slots = self.slots.lock().take();
        for slot in slots {
            if let Ok(mut guarded) = slot.guarded.try_lock() {
                guarded.given_up = true;
                self.evict(&mut guarded);
            }
        }
    }
}

/// Whole seconds, at least as long: what the service counts in.
pub(crate) fn seconds(duration: Duration) -> u32 {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}
