//! [`Timers`]: when something is due for which execution, and the task that waits for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use durable_runtime::wire::Timestamp;
use foldhash::HashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Host;

/// How many turns everybody else has between something that happened and virtual time moving on.
const TURNS: usize = 32;

/// One timer for each execution: the earliest thing that is due for it.
#[derive(Debug, Default)]
pub(super) struct Timers {
    entries: Mutex<Entries>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Entries {
    in_order: BTreeSet<(Timestamp, Arc<str>)>,
    of: HashMap<Arc<str>, Timestamp>,
}

impl Timers {
    /// Sets or removes an execution's timer.
    pub(super) fn set(&self, arn: &Arc<str>, due: Option<Timestamp>) {
        let mut entries = self.entries.lock();
        let Entries { in_order, of } = &mut *entries;
        let before = match due {
            Some(due) => of.insert(Arc::clone(arn), due),
            None => of.remove(arn),
        };
        if before == due {
            return;
        }
        if let Some(before) = before {
            in_order.remove(&(before, Arc::clone(arn)));
        }
        let Some(due) = due else { return };
        in_order.insert((due, Arc::clone(arn)));
        let is_first = in_order.first().is_some_and(|(_, first)| first == arn);
        drop(entries);
        if is_first {
            self.changed.notify_one();
        }
    }

    /// The first timer that somebody may wait for: nobody waits for an execution to be removed.
    fn first_of_executions(&self) -> Option<Timestamp> {
        let entries = self.entries.lock();
        let mut of_executions = entries
            .in_order
            .iter()
            .filter(|(_, arn)| !Host::is_retention(arn));
        of_executions.next().map(|(due, _)| *due)
    }

    /// Sets a timer, unless there is an earlier one.
    pub(super) fn set_by(&self, arn: &Arc<str>, due: Timestamp) {
        let earlier = self.entries.lock().of.get(arn).copied();
        if earlier.is_none_or(|earlier| earlier > due) {
            self.set(arn, Some(due));
        }
    }

    pub(super) fn first(&self) -> Option<Timestamp> {
        self.entries.lock().in_order.first().map(|(due, _)| *due)
    }

    /// Takes out all timers that have come by `now`.
    fn take_due(&self, now: Timestamp) -> Vec<Arc<str>> {
        let mut entries = self.entries.lock();
        let Entries { in_order, of } = &mut *entries;
        let mut due = Vec::new();
        while let Some((at, _)) = in_order.first()
            && *at <= now
            && let Some((_, arn)) = in_order.pop_first()
        {
            of.remove(&arn);
            due.push(arn);
        }
        due
    }
}

/// Fires timers until the host stops.
pub(super) async fn serve(host: Weak<Host>, stop: CancellationToken) {
    loop {
        let Some(host) = host.upgrade() else { return };
        tokio::select! {
            () = next_timer(&host) => {}
            () = stop.cancelled() => return,
        }
        for arn in host.timers.take_due(host.clock.now()) {
            let busy = host.activity.busy();
            host.tasks.spawn(Arc::clone(&host).fire(arn, busy));
        }
    }
}

/// Waits until the first timer has come. Virtual time moves there by itself when nothing runs and somebody waits.
async fn next_timer(host: &Host) {
    loop {
        let changed = host.timers.changed.notified();
        let Some(first) = host.timers.first() else {
            changed.await;
            continue;
        };
        if first <= host.clock.now() {
            return;
        }
        let come = async {
            match &host.settings.virtual_clock {
                None => host.clock.sleep_until(first).await,
                Some(clock) => {
                    let next = host.timers.first_of_executions();
                    let idle = async {
                        match next {
                            Some(_) => host.activity.idle_and_awaited().await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        () = idle => {
                            // Whoever has just been told of something, such as a test that answers a callback, acts on it first.
                            for _ in 0..TURNS {
                                tokio::task::yield_now().await;
                            }
                            // What ran last may have removed the timer, with its execution.
                            if let Some(next) = next
                                && host.activity.is_idle_and_awaited()
                                && host.timers.first_of_executions() == Some(next)
                            {
                                clock.advance_to(next);
                            }
                        }
                        () = host.clock.sleep_until(first) => {}
                    }
                }
            }
        };
        tokio::select! {
            () = come => {}
            () = changed => {}
        }
    }
}
