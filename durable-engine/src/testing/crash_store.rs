//! [`CrashStore`]: a store that dies at a write, with the process as far as anybody can tell.

use std::sync::Arc;

use durable_runtime::wire::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::core::{Commit, Event, ExecutionRecord, StoredOperation};
use crate::inspect;
use crate::store::{
    Created, EventRange, ExecutionSummary, ListFilter, Loaded, OpenExecution, Store, StoreFuture,
};

/// When a write kills the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Death {
    /// At which write, counted from 1.
    pub(crate) write: usize,
    /// The write is stored, and only its answer is lost.
    pub(crate) stored: bool,
}

/// In front of a store that survives. After its death nothing is written through it and nobody is answered.
pub(crate) struct CrashStore {
    inner: Arc<dyn Store>,
    death: Option<Death>,
    state: Mutex<State>,
    dead: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    /// What each write so far was about.
    writes: Vec<String>,
}

impl CrashStore {
    pub(crate) fn new(inner: Arc<dyn Store>, death: Option<Death>) -> Self {
        Self {
            inner,
            death,
            state: Mutex::default(),
            dead: watch::Sender::new(false),
        }
    }

    /// What was written, in order, the write that killed it included.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.state.lock().writes.clone()
    }

    /// Waits for its death.
    pub(crate) async fn died(&self) {
        let mut dead = self.dead.subscribe();
        // The sender is a member of this: it can't go first.
        let _ = dead.wait_for(|dead| *dead).await;
    }

    fn is_dead(&self) -> bool {
        *self.dead.borrow()
    }

    fn write<T: Send + 'static>(
        &self,
        commit: Commit,
        write: impl FnOnce(Commit) -> StoreFuture<T>,
    ) -> StoreFuture<T> {
        if self.is_dead() {
            return Box::pin(std::future::pending());
        }
        let number = {
            let mut state = self.state.lock();
            state.writes.push(about(&commit));
            state.writes.len()
        };
        let Some(death) = self.death.filter(|death| death.write == number) else {
            return write(commit);
        };
        if death.stored {
            // Submitted by the call; the answer is nobody's.
            drop(write(commit));
        }
        self.dead.send_replace(true);
        Box::pin(std::future::pending())
    }

    fn read<T: Send + 'static>(&self, read: StoreFuture<T>) -> StoreFuture<T> {
        if self.is_dead() {
            return Box::pin(std::future::pending());
        }
        read
    }
}

/// A write in a few words.
fn about(commit: &Commit) -> String {
    let lines: Vec<_> = commit.events.iter().map(inspect::line).collect();
    match lines.as_slice() {
        [] => "nothing that is in the history".to_owned(),
        [.., last] => {
            let mut last = last.clone();
            if last.len() > 80 {
                last = last.chars().take(80).chain(['…']).collect();
            }
            match lines.len() - 1 {
                0 => last,
                more => format!("{last} and {more} before it"),
            }
        }
    }
}

impl Store for CrashStore {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        self.write(commit, |commit| self.inner.create(commit))
    }

    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        self.write(commit, |commit| self.inner.commit(commit))
    }

    fn delete(&self, arn: &str) -> StoreFuture<bool> {
        self.read(self.inner.delete(arn))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<Option<Timestamp>> {
        self.read(self.inner.sweep(now))
    }

    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        self.read(self.inner.load(arn))
    }

    fn find(&self, workflow: &str, name: &str) -> StoreFuture<Option<ExecutionRecord>> {
        self.read(self.inner.find(workflow, name))
    }

    fn open(&self) -> StoreFuture<Vec<OpenExecution>> {
        self.read(self.inner.open())
    }

    fn record(&self, arn: &str) -> StoreFuture<Option<ExecutionRecord>> {
        self.read(self.inner.record(arn))
    }

    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>> {
        self.read(self.inner.operations(arn))
    }

    fn events(&self, arn: &str, range: EventRange) -> StoreFuture<Vec<Event>> {
        self.read(self.inner.events(arn, range))
    }

    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>> {
        self.read(self.inner.list(filter))
    }
}
