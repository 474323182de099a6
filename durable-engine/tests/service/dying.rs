//! A store that dies after some writes, as a process does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use durable_engine::core::Commit;
use durable_engine::store::{Created, MemoryStore, Store, StoreError, StoreFuture};
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
    passes_on! { inner: delete sweep load find open record operations events list }
}
