//! A store that dies after some writes, as a process does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use durable_engine::core::{Commit, Event, ExecutionRecord, StoredOperation};
use durable_engine::store::{
    Created, EventRange, ExecutionSummary, ListFilter, Loaded, MemoryStore, OpenExecution, Store,
    StoreError, StoreFuture,
};
use durable_runtime::wire::Timestamp;
use tokio::sync::Notify;

/// A memory store that takes so many writes and then none, until it is revived.
pub(crate) struct Dying {
    inner: MemoryStore,
    left: AtomicUsize,
    died: Notify,
}

impl Dying {
    pub(crate) fn after(writes: usize) -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::new(),
            left: AtomicUsize::new(writes),
            died: Notify::new(),
        })
    }

    /// Waits for the first write that it refuses.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    pub(crate) fn revive(&self) {
        self.left.store(usize::MAX, Ordering::SeqCst);
    }

    fn write<T: Send + 'static>(&self, write: impl FnOnce() -> StoreFuture<T>) -> StoreFuture<T> {
        let took = self
            .left
            .try_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if took.is_ok() {
            return write();
        }
        self.died.notify_one();
        Box::pin(async {
            Err(StoreError::Closed {
                store: "dead".into(),
            })
        })
    }
}

impl Store for Dying {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        self.write(|| self.inner.create(commit))
    }
    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        self.write(|| self.inner.commit(commit))
    }
    fn delete(&self, arn: &str) -> StoreFuture<bool> {
        self.inner.delete(arn)
    }
    fn sweep(&self, now: Timestamp) -> StoreFuture<Option<Timestamp>> {
        self.inner.sweep(now)
    }
    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        self.inner.load(arn)
    }
    fn find(&self, workflow: &str, name: &str) -> StoreFuture<Option<ExecutionRecord>> {
        self.inner.find(workflow, name)
    }
    fn open(&self) -> StoreFuture<Vec<OpenExecution>> {
        self.inner.open()
    }
    fn record(&self, arn: &str) -> StoreFuture<Option<ExecutionRecord>> {
        self.inner.record(arn)
    }
    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>> {
        self.inner.operations(arn)
    }
    fn events(&self, arn: &str, range: EventRange) -> StoreFuture<Vec<Event>> {
        self.inner.events(arn, range)
    }
    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>> {
        self.inner.list(filter)
    }
}
