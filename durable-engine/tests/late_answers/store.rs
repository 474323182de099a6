//! The store: holds some calls until the test lets it through.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use durable_engine::core::Commit;
use durable_engine::store::{
    Created, ListFilter, Loaded, MemoryStore, Store, StoreError, StoreFuture,
};
use tokio::sync::Semaphore;

/// What becomes of a call that is held.
#[derive(Clone, Copy)]
pub(crate) enum Held {
    /// It is done when it is asked for, and answered when it may be.
    Answer,
    /// It is done when it may be.
    Work,
    /// It is never done, and refused when it may be answered.
    Refusal,
    /// It is done when it is asked for, and refused when it may be answered.
    Lie,
}

/// Lets all calls through but some.
pub(crate) struct Gate {
    held: Mutex<BTreeMap<usize, Held>>,
    asked: AtomicUsize,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self {
            held: Mutex::default(),
            asked: AtomicUsize::new(0),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// Holds the call number `number` from now on, from 0, and no others.
    pub(crate) fn hold(&self, number: usize, how: Held) {
        self.asked.store(0, Ordering::SeqCst);
        *self.held.lock().unwrap() = BTreeMap::from([(number, how)]);
    }

    /// Holds this one too.
    pub(crate) fn hold_also(&self, number: usize, how: Held) {
        self.held.lock().unwrap().insert(number, how);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Lets the next of them through.
    pub(crate) fn open(&self) {
        self.open.add_permits(1);
    }

    fn pass<T: Send + 'static>(
        &self,
        inner: &Arc<MemoryStore>,
        work: impl FnOnce(&MemoryStore) -> StoreFuture<T> + Send + 'static,
    ) -> StoreFuture<T> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let Some(how) = self.held.lock().unwrap().get(&number).copied() else {
            return work(inner);
        };
        let (open, inner) = (Arc::clone(&self.open), Arc::clone(inner));
        let opened = async move { open.acquire().await.unwrap().forget() };
        match how {
            Held::Answer => {
                let done = work(&inner);
                Box::pin(async move {
                    opened.await;
                    done.await
                })
            }
            Held::Work => Box::pin(async move {
                opened.await;
                work(&inner).await
            }),
            Held::Refusal => Box::pin(async move {
                opened.await;
                Err(refused())
            }),
            Held::Lie => {
                let done = work(&inner);
                Box::pin(async move {
                    opened.await;
                    done.await?;
                    Err(refused())
                })
            }
        }
    }
}

fn refused() -> StoreError {
    StoreError::Closed {
        store: "late".into(),
    }
}

type Picked = Box<dyn Fn(&Commit) -> bool + Send>;

pub(crate) struct Late {
    inner: Arc<MemoryStore>,
    lost: Mutex<Option<Picked>>,
    pub(crate) loads: Gate,
    pub(crate) creates: Gate,
    pub(crate) commits: Gate,
}

impl Late {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::new(MemoryStore::new()),
            lost: Mutex::new(None),
            loads: Gate::new(),
            creates: Gate::new(),
            commits: Gate::new(),
        })
    }

    /// From now on these commits are never done and never answered, as when the process dies before they are.
    pub(crate) fn lose(&self, picked: impl Fn(&Commit) -> bool + Send + 'static) {
        *self.lost.lock().unwrap() = Some(Box::new(picked));
    }

    /// A new process: nothing is lost any more.
    pub(crate) fn revive(&self) {
        *self.lost.lock().unwrap() = None;
    }

    pub(crate) async fn all_ended(&self) {
        let all = self.list(ListFilter::default()).await.unwrap();
        assert!(all.iter().all(|it| it.ended.is_some()), "{all:#?}");
    }
}

impl Store for Late {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        self.creates.pass(&self.inner, |inner| inner.create(commit))
    }
    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        if let Some(picked) = &*self.lost.lock().unwrap()
            && picked(&commit)
        {
            return Box::pin(std::future::pending());
        }
        self.commits.pass(&self.inner, |inner| inner.commit(commit))
    }
    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        let arn = arn.to_owned();
        self.loads.pass(&self.inner, move |inner| inner.load(&arn))
    }
    passes_on! { inner: delete sweep find open record operations events list }
}
