//! [`Activity`]: whether anything runs, and whether anybody waits. Virtual time moves when the one is no and the other yes.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

#[derive(Clone, Debug, Default)]
pub(super) struct Activity(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    counts: Mutex<Counts>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    busy: usize,
    waiting: usize,
}

/// Something runs, until dropped.
#[derive(Debug)]
pub(super) struct Busy(Arc<Inner>);

/// Somebody waits for a result, until dropped.
#[derive(Debug)]
pub(super) struct Waiting(Arc<Inner>);

impl Activity {
    pub(super) fn busy(&self) -> Busy {
        self.0.counts.lock().busy += 1;
        Busy(Arc::clone(&self.0))
    }

    pub(super) fn waiting(&self) -> Waiting {
        self.0.counts.lock().waiting += 1;
        self.0.changed.notify_one();
        Waiting(Arc::clone(&self.0))
    }

    /// Waits until nothing runs and somebody waits.
    pub(super) async fn idle_and_awaited(&self) {
        loop {
            let changed = self.0.changed.notified();
            if self.is_idle_and_awaited() {
                return;
            }
            changed.await;
        }
    }

    /// Whether nothing runs and somebody waits.
    pub(super) fn is_idle_and_awaited(&self) -> bool {
        let counts = self.0.counts.lock();
        counts.busy == 0 && counts.waiting > 0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut counts = self.0.counts.lock();
        counts.busy = counts.busy.saturating_sub(1);
        if counts.busy == 0 {
            self.0.changed.notify_one();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut counts = self.0.counts.lock();
        counts.waiting = counts.waiting.saturating_sub(1);
    }
}
