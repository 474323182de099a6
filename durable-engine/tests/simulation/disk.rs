//! The disk: keeps what is written, dies with the process or refuses at calls that a seed chooses, and notices when something acknowledged changes.

use std::collections::HashMap;
use std::sync::Arc;

use durable_engine::core::{Commit, Event, ExecutionRecord, StoredOperation};
use durable_engine::store::{
    Created, EventRange, ExecutionSummary, ListFilter, Loaded, OpenExecution, Store, StoreError,
    StoreFuture,
};
use durable_runtime::wire::Timestamp;
use futures_executor::block_on;
use parking_lot::Mutex;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tokio::sync::Notify;

use crate::medium::Medium;
use crate::world::World;

/// One in so many writes kills the process.
const DEATH_RATE: u32 = 10;
/// At most so many times.
const DEATHS: u32 = 6;
/// One in so many writes and reads is refused, and the process goes on.
const REFUSAL_RATE: u32 = 20;
/// At most so many times.
const REFUSALS: u32 = 6;

/// What becomes of a write.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Stored,
    /// The process dies, before the write is stored or after it.
    Dies {
        stored: bool,
    },
    /// The answer is an error, and the write may be stored for all that.
    Refused {
        stored: bool,
    },
}

pub(crate) struct Disk {
    /// None only between two processes.
    inner: Mutex<Option<Arc<dyn Store>>>,
    medium: Medium,
    world: World,
    state: Mutex<State>,
    died: Notify,
}

struct State {
    numbers: Option<ChaCha8Rng>,
    deaths_left: u32,
    refusals_left: u32,
    /// An engine is about to begin. One that can't read then does not begin, and there is nothing to see.
    starting: bool,
    dead: bool,
    /// What somebody was told is stored: by ARN and operation id, how the operation ended.
    acknowledged: HashMap<(Arc<str>, String), StoredOperation>,
    /// By ARN, the record that was stored last.
    records: HashMap<Arc<str>, ExecutionRecord>,
    /// By ARN, the number of the last event that is stored.
    last_event: HashMap<Arc<str>, u64>,
}

impl Disk {
    /// One that kills nobody when there is no seed.
    pub(crate) fn new(world: World, medium: Medium, seed: Option<u64>) -> Self {
        Self {
            inner: Mutex::new(Some(medium.open())),
            medium,
            world,
            state: Mutex::new(State {
                numbers: seed.map(ChaCha8Rng::seed_from_u64),
                deaths_left: DEATHS,
                refusals_left: REFUSALS,
                starting: true,
                dead: false,
                acknowledged: HashMap::new(),
                records: HashMap::new(),
                last_event: HashMap::new(),
            }),
            died: Notify::new(),
        }
    }

    /// An engine has begun.
    pub(crate) fn started(&self) {
        self.state.lock().starting = false;
    }

    pub(crate) async fn died(&self) {
        while !self.state.lock().dead {
            self.died.notified().await;
        }
    }

    /// A new process finds it, and all records as they were stored.
    pub(crate) fn revive(&self) {
        if matches!(self.medium, Medium::Sqlite(_)) {
            let mut inner = self.inner.lock();
            // One at a time has it open.
            *inner = None;
            *inner = Some(self.medium.open());
        }
        let mut state = self.state.lock();
        state.dead = false;
        state.starting = true;
        for (arn, record) in &state.records {
            let found = block_on(self.ask(|inner| inner.record(arn))).unwrap();
            if found.as_ref() != Some(record) {
                self.world
                    .wrong(format!("{record:?} was stored, and {found:?} is there"));
            }
        }
    }

    /// Asks what is behind. A database has threads of its own, and the clock, which moves when nothing else does, must not move while they work: so then
    /// the answer is waited for here.
    fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Store) -> StoreFuture<T>,
    ) -> StoreFuture<T> {
        let inner = self.inner.lock().clone().expect("a process runs");
        let answer = ask(&*inner);
        match self.medium {
            Medium::Memory => answer,
            Medium::Sqlite(_) => Box::pin(std::future::ready(block_on(answer))),
        }
    }

    fn fate(&self) -> Fate {
        let mut state = self.state.lock();
        let State {
            numbers: Some(numbers),
            deaths_left,
            refusals_left,
            dead,
            ..
        } = &mut *state
        else {
            return Fate::Stored;
        };
        if *deaths_left > 0 && one_in(numbers, DEATH_RATE) {
            *deaths_left -= 1;
            *dead = true;
            self.died.notify_one();
            let stored = one_in(numbers, 2);
            return Fate::Dies { stored };
        }
        if *refusals_left > 0 && one_in(numbers, REFUSAL_RATE) {
            *refusals_left -= 1;
            let stored = one_in(numbers, 2);
            return Fate::Refused { stored };
        }
        Fate::Stored
    }

    /// Whether a read is refused.
    fn refuses(&self) -> bool {
        let mut state = self.state.lock();
        let State {
            numbers: Some(numbers),
            refusals_left,
            starting: false,
            ..
        } = &mut *state
        else {
            return false;
        };
        let refused = *refusals_left > 0 && one_in(numbers, REFUSAL_RATE);
        *refusals_left -= u32::from(refused);
        refused
    }

    /// What is written must not contradict what was acknowledged.
    fn check(&self, commit: &Commit) {
        let state = self.state.lock();
        let arn = &commit.record.arn;
        for operation in &commit.operations {
            let key = (Arc::clone(arn), operation.operation.id.clone());
            if let Some(before) = state.acknowledged.get(&key)
                && !same(before, operation)
            {
                self.world.wrong(format!(
                    "{:?} had ended as {:?} {:?}, and is written as {:?} {:?}",
                    operation.operation.name,
                    before.operation.status,
                    before.operation.result(),
                    operation.operation.status,
                    operation.operation.result()
                ));
            }
        }
        let mut last = state.last_event.get(arn).copied().unwrap_or(0);
        for event in &commit.events {
            if event.event_id != last + 1 {
                self.world.wrong(format!(
                    "event {} of {arn} comes after event {last}",
                    event.event_id
                ));
            }
            last = event.event_id;
        }
    }

    fn acknowledge(&self, commit: &Commit) {
        let mut state = self.state.lock();
        let arn = &commit.record.arn;
        for operation in &commit.operations {
            if operation.operation.status.is_terminal() {
                let key = (Arc::clone(arn), operation.operation.id.clone());
                state.acknowledged.insert(key, operation.clone());
            }
        }
    }

    /// It is stored, whether or not anybody hears of it.
    fn note(&self, commit: &Commit) {
        let mut state = self.state.lock();
        let arn = &commit.record.arn;
        state.records.insert(Arc::clone(arn), commit.record.clone());
        if let Some(last) = commit.events.last() {
            state.last_event.insert(Arc::clone(arn), last.event_id);
        }
    }

    /// After all is over: everything acknowledged is there as it was.
    pub(crate) async fn check_all(&self) {
        let (acknowledged, last_event) = {
            let state = self.state.lock();
            (state.acknowledged.clone(), state.last_event.clone())
        };
        for ((arn, id), before) in acknowledged {
            let operations = self.ask(|inner| inner.operations(&arn)).await.unwrap();
            let now = operations.iter().find(|now| now.operation.id == id);
            if !now.is_some_and(|now| same(&before, now)) {
                self.world
                    .wrong(format!("{:?} was lost: {now:?}", before.operation.name));
            }
        }
        for (arn, last) in last_event {
            let events = self
                .ask(|inner| inner.events(&arn, EventRange::default()))
                .await
                .unwrap();
            let numbers: Vec<_> = events.iter().map(|event| event.event_id).collect();
            if numbers != (1..=events.len() as u64).collect::<Vec<_>>()
                || (events.len() as u64) < last
            {
                self.world.wrong(format!(
                    "the history of {arn} is {numbers:?}, and {last} was told"
                ));
            }
        }
    }
}

fn same(before: &StoredOperation, now: &StoredOperation) -> bool {
    before.operation.status == now.operation.status
        && before.operation.result() == now.operation.result()
        && before.operation.error() == now.operation.error()
}

fn one_in(numbers: &mut ChaCha8Rng, many: u32) -> bool {
    numbers.next_u32().is_multiple_of(many)
}

fn never<T: Send + 'static>() -> StoreFuture<T> {
    Box::pin(std::future::pending())
}

fn refused<T: Send + 'static>() -> StoreFuture<T> {
    Box::pin(async {
        tokio::task::yield_now().await;
        Err(StoreError::Closed {
            store: "simulated".into(),
        })
    })
}

impl Disk {
    fn write<T: Send + 'static>(
        self: &Arc<Self>,
        commit: Commit,
        write: impl FnOnce(&dyn Store, Commit) -> StoreFuture<T>,
    ) -> StoreFuture<T> {
        if self.state.lock().dead {
            return never();
        }
        self.check(&commit);
        let fate = self.fate();
        match fate {
            Fate::Dies { stored } | Fate::Refused { stored } => {
                if stored {
                    // Submitted by the call. It counts as told: whoever reads it builds on it.
                    let written = self.ask(|inner| write(inner, commit.clone()));
                    drop(written);
                    self.note(&commit);
                    self.acknowledge(&commit);
                }
                if matches!(fate, Fate::Dies { .. }) {
                    return never();
                }
                // Whoever was told of a failure tries again.
                self.world.send_again();
                refused()
            }
            Fate::Stored => {
                let disk = Arc::clone(self);
                let written = self.ask(|inner| write(inner, commit.clone()));
                self.note(&commit);
                Box::pin(async move {
                    // A disk takes its time, in which whoever waits may stop doing so.
                    tokio::task::yield_now().await;
                    let answer = written.await?;
                    disk.acknowledge(&commit);
                    Ok(answer)
                })
            }
        }
    }
}

/// The store that an engine is given.
pub(crate) struct Mounted(pub(crate) Arc<Disk>);

impl Mounted {
    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> StoreFuture<T>,
    ) -> StoreFuture<T> {
        if self.0.state.lock().dead {
            return never();
        }
        if self.0.refuses() {
            self.0.world.send_again();
            return refused();
        }
        self.0.ask(read)
    }
}

impl Store for Mounted {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        self.0.write(commit, |inner, commit| inner.create(commit))
    }

    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        self.0.write(commit, |inner, commit| inner.commit(commit))
    }

    fn delete(&self, arn: &str) -> StoreFuture<bool> {
        self.read(|inner| inner.delete(arn))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<Option<Timestamp>> {
        self.read(|inner| inner.sweep(now))
    }

    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        self.read(|inner| inner.load(arn))
    }

    fn find(&self, workflow: &str, name: &str) -> StoreFuture<Option<ExecutionRecord>> {
        self.read(|inner| inner.find(workflow, name))
    }

    fn open(&self) -> StoreFuture<Vec<OpenExecution>> {
        self.read(|inner| inner.open())
    }

    fn record(&self, arn: &str) -> StoreFuture<Option<ExecutionRecord>> {
        self.read(|inner| inner.record(arn))
    }

    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>> {
        self.read(|inner| inner.operations(arn))
    }

    fn events(&self, arn: &str, range: EventRange) -> StoreFuture<Vec<Event>> {
        self.read(|inner| inner.events(arn, range))
    }

    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>> {
        self.read(|inner| inner.list(filter))
    }
}
