//! The journal: the ordered queue of updates, the token chain, and the batching limits. Values only; the writer task
//! makes the calls.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::replay::ScopeIndex;
use crate::wire::{ErrorObject, OperationUpdate, limits};

/// A START that nothing else takes along leaves on its own after this long, so that a long step is visible while it runs.
pub(crate) const START_DELAY: Duration = Duration::from_millis(100);

/// When an update must leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// With whatever leaves next, or after [`START_DELAY`].
    Lazy,
    /// Somebody waits for it.
    Now,
}

/// The number of an update in its invocation, from 1. Order in the queue is order on the wire, so acknowledgement is one
/// number: all up to it.
pub(crate) type Sequence = u64;

#[derive(Debug)]
struct Queued {
    sequence: Sequence,
    scope: ScopeIndex,
    size: usize,
    /// Leaves in the same call as the next one.
    with_next: bool,
    update: OperationUpdate,
}

/// The updates of one invocation on their way to the service.
#[derive(Debug)]
pub(crate) struct Journal {
    queue: VecDeque<Queued>,
    last: Sequence,
    acknowledged: Sequence,
    in_flight: Option<Sequence>,
    urgent: Option<Sequence>,
    waiting_since: Option<Instant>,
    token: Option<String>,
    /// Waits of branches that lost: cancelled as far as the service lets us, each alone in its call, because a refusal only says that it
    /// was too late.
    cancels: VecDeque<OperationUpdate>,
}

impl Journal {
    pub(crate) fn new(token: String) -> Self {
        Self {
            queue: VecDeque::new(),
            last: 0,
            acknowledged: 0,
            in_flight: None,
            urgent: None,
            waiting_since: None,
            token: Some(token),
            cancels: VecDeque::new(),
        }
    }

    pub(crate) fn push(
        &mut self,
        scope: ScopeIndex,
        update: OperationUpdate,
        urgency: Urgency,
    ) -> Sequence {
        self.last += 1;
        if urgency == Urgency::Now {
            self.urgent = Some(self.last);
        }
        self.waiting_since.get_or_insert_with(Instant::now);
        let size = size_of(&update);
        self.queue.push_back(Queued {
            sequence: self.last,
            scope,
            size,
            with_next: false,
            update,
        });
        self.last
    }

    /// Two updates that must not be torn apart by the limits of a call.
    pub(crate) fn push_pair(
        &mut self,
        scope: ScopeIndex,
        first: OperationUpdate,
        second: OperationUpdate,
    ) -> Sequence {
        self.push(scope, first, Urgency::Lazy);
        if let Some(first) = self.queue.back_mut() {
            first.with_next = true;
        }
        self.push(scope, second, Urgency::Now)
    }

    /// Somebody waits for all that is queued.
    pub(crate) fn hasten(&mut self) {
        self.urgent = Some(self.last);
    }

    /// The next batch, if a call may leave: the oldest updates that fit in 250 updates and 750 KiB. An update that is larger on
    /// its own leaves alone.
    pub(crate) fn take_batch(&mut self) -> Option<(String, Vec<OperationUpdate>)> {
        if self.in_flight.is_some() || self.queue.is_empty() {
            return None;
        }
        let token = self.token.clone()?;
        let mut size = 0;
        let mut updates = Vec::with_capacity(self.queue.len().min(limits::BATCH_UPDATES_MAX));
        while let Some(next) = self.queue.front() {
            let second = if next.with_next {
                self.queue.get(1)
            } else {
                None
            };
            let unit = next.size + second.map_or(0, |second| second.size);
            let count = 1 + usize::from(second.is_some());
            let fits = size + unit <= limits::BATCH_BYTES_MAX
                && updates.len() + count <= limits::BATCH_UPDATES_MAX;
            if !fits && !updates.is_empty() {
                break;
            }
            for _ in 0..count {
                let Some(next) = self.queue.pop_front() else {
                    break;
                };
                size += next.size;
                self.in_flight = Some(next.sequence);
                updates.push(next.update);
            }
        }
        self.waiting_since = (!self.queue.is_empty()).then(Instant::now);
        Some((token, updates))
    }

    /// A call without updates leaves, to learn what changed. `None` when a call is in flight already.
    pub(crate) fn take_poll(&mut self) -> Option<String> {
        if self.in_flight.is_some() {
            return None;
        }
        let token = self.token.clone()?;
        self.in_flight = Some(self.acknowledged);
        Some(token)
    }

    /// Waits that nobody waits for any more, after the decision that abandoned them was acknowledged. They have no deadline of their own: each leaves when
    /// the workflow has been polled after the answer to the one before.
    pub(crate) fn cancel(&mut self, waits: impl IntoIterator<Item = OperationUpdate>) {
        for wait in waits {
            if self.cancels.iter().all(|queued| queued.id != wait.id) {
                self.cancels.push_back(wait);
            }
        }
    }

    /// The next wait to cancel, when nothing else is to be sent.
    pub(crate) fn take_cancel(&mut self) -> Option<(String, OperationUpdate)> {
        if self.in_flight.is_some() || !self.queue.is_empty() {
            return None;
        }
        let token = self.token.clone()?;
        let wait = self.cancels.pop_front()?;
        self.in_flight = Some(self.acknowledged);
        Some((token, wait))
    }

    /// The call in flight was refused and changed nothing: its token is still good.
    pub(crate) fn refused(&mut self) {
        self.in_flight = None;
    }

    /// The workflow has returned: its waits end with it.
    pub(crate) fn forget_cancels(&mut self) {
        self.cancels.clear();
    }

    /// The call in flight was answered. No token means: this invocation may write no more.
    pub(crate) fn acknowledge(&mut self, token: Option<String>) {
        if let Some(sequence) = self.in_flight.take() {
            self.acknowledged = self.acknowledged.max(sequence);
        }
        if self
            .urgent
            .is_some_and(|urgent| urgent <= self.acknowledged)
        {
            self.urgent = None;
        }
        if !self.queue.is_empty() {
            // However long the call took, whoever was woken by its answer may add to what is left.
            self.waiting_since = Some(Instant::now());
        }
        self.token = token;
    }

    pub(crate) fn is_acknowledged(&self, sequence: Sequence) -> bool {
        sequence <= self.acknowledged
    }

    /// The last update that the service has.
    pub(crate) fn acknowledged(&self) -> Sequence {
        self.acknowledged
    }

    /// Nothing queued, nothing in flight.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.in_flight.is_none() && self.cancels.is_empty()
    }

    /// Something is queued.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Somebody waits for an update that hasn't left yet, or a wait is to be cancelled.
    pub(crate) fn is_urgent(&self) -> bool {
        let awaited = self
            .urgent
            .is_some_and(|urgent| self.in_flight.is_none_or(|in_flight| in_flight < urgent));
        (awaited && !self.queue.is_empty()) || !self.cancels.is_empty()
    }

    /// When the oldest lazy update has to leave on its own.
    pub(crate) fn lazy_deadline(&self) -> Option<Instant> {
        self.waiting_since.map(|since| since + START_DELAY)
    }

    pub(crate) fn may_write(&self) -> bool {
        self.token.is_some()
    }

    /// The next invocation's token, for a resident copy that goes on.
    pub(crate) fn resume(&mut self, token: String) {
        self.token = Some(token);
    }

    /// Takes back what a dropped scope had queued. What is in flight already stays.
    pub(crate) fn forget_scope(&mut self, scope: ScopeIndex) {
        self.queue.retain(|queued| queued.scope != scope);
        if self.queue.is_empty() {
            self.waiting_since = None;
            self.urgent = None;
        }
    }
}

/// What an update takes in a call, never less than it really takes. Small ones, which are nearly all, are estimated: escaping makes at most six
/// bytes of one.
fn size_of(update: &OperationUpdate) -> usize {
    const SMALL: usize = 8 * 1024;
    let text = |text: Option<&str>| text.map_or(0, str::len);
    let error = update.error.as_ref().map_or(0, ErrorObject::size);
    let most = 640 + 6 * (text(update.payload.as_deref()) + text(update.name.as_deref()) + error);
    if most <= SMALL {
        most
    } else {
        update.json_len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::ROOT;
    use crate::wire::OperationType;

    fn update(id: usize, payload: usize) -> OperationUpdate {
        OperationUpdate::succeed(OperationType::Step, format!("id-{id}"))
            .with_payload("x".repeat(payload))
    }

    #[test]
    fn one_call_is_in_flight_and_the_rest_goes_in_the_next() {
        let mut journal = Journal::new("t0".into());
        let first = journal.push(ROOT, update(1, 1), Urgency::Now);
        let (token, batch) = journal.take_batch().unwrap();
        assert_eq!((token.as_str(), batch.len()), ("t0", 1));

        let second = journal.push(ROOT, update(2, 1), Urgency::Lazy);
        let third = journal.push(ROOT, update(3, 1), Urgency::Now);
        assert!(journal.take_batch().is_none(), "one call at a time");
        assert!(!journal.is_acknowledged(first));

        journal.acknowledge(Some("t1".into()));
        assert!(journal.is_acknowledged(first));
        assert!(!journal.is_acknowledged(second));
        let (token, batch) = journal.take_batch().unwrap();
        assert_eq!((token.as_str(), batch.len()), ("t1", 2));
        journal.acknowledge(Some("t2".into()));
        assert!(journal.is_acknowledged(third));
        assert!(journal.is_idle());
    }

    #[test]
    fn batches_stop_at_the_limits() {
        let mut journal = Journal::new("t".into());
        for id in 0..251 {
            journal.push(ROOT, update(id, 1), Urgency::Lazy);
        }
        assert_eq!(
            journal.take_batch().map(|(_, batch)| batch.len()),
            Some(250)
        );
        journal.acknowledge(Some("t".into()));
        assert_eq!(journal.take_batch().map(|(_, batch)| batch.len()), Some(1));
        journal.acknowledge(Some("t".into()));

        for id in 0..3 {
            journal.push(ROOT, update(id, 400 * 1024), Urgency::Now);
        }
        assert_eq!(journal.take_batch().map(|(_, batch)| batch.len()), Some(1));
        journal.acknowledge(Some("t".into()));
        assert!(journal.is_urgent(), "the rest is still awaited");
    }

    #[test]
    fn a_size_is_never_less_than_it_is() {
        let nasty = "\u{1}\"\\".repeat(300);
        for length in [0, 1, 50, 300, 900] {
            let payload: String = nasty.chars().take(length).collect();
            let error = ErrorObject::new(payload.clone(), payload.clone())
                .with_data(payload.clone())
                .with_stack_trace(vec![payload.clone(); 3]);
            for update in [
                update(length, length),
                OperationUpdate::succeed(OperationType::Step, "f".repeat(64))
                    .with_payload(payload)
                    .with_name("n".repeat(256))
                    .with_parent("p".repeat(64))
                    .with_sub_type("s".repeat(32))
                    .with_replay_children(),
                OperationUpdate::retry_with_error("f".repeat(64), error, 31_622_400),
            ] {
                assert!(size_of(&update) >= update.json_len(), "{update:?}");
            }
        }
    }

    #[test]
    fn a_pair_is_not_torn_apart() {
        let mut journal = Journal::new("t".into());
        for id in 0..249 {
            journal.push(ROOT, update(id, 1), Urgency::Lazy);
        }
        journal.push_pair(ROOT, update(249, 1), update(249, 2));
        assert_eq!(
            journal.take_batch().map(|(_, batch)| batch.len()),
            Some(249)
        );
        journal.acknowledge(Some("t".into()));
        assert_eq!(journal.take_batch().map(|(_, batch)| batch.len()), Some(2));
    }

    #[test]
    fn a_dropped_scope_takes_its_unsent_updates_along() {
        let mut journal = Journal::new("t".into());
        journal.push(ROOT, update(1, 1), Urgency::Now);
        journal.forget_scope(ROOT);
        assert!(journal.is_idle());
        assert!(!journal.is_urgent());
        assert!(journal.lazy_deadline().is_none());
    }

    #[test]
    fn without_a_token_nothing_leaves() {
        let mut journal = Journal::new("t".into());
        journal.push(ROOT, update(1, 1), Urgency::Now);
        journal.take_batch().unwrap();
        journal.acknowledge(None);
        journal.push(ROOT, update(2, 1), Urgency::Now);
        assert!(journal.take_batch().is_none());
        assert!(!journal.may_write());
    }
}
