//! [`Slots`]: the executions in memory, each there once.

use std::collections::HashMap;
use std::sync::Arc;

/// What is in memory, by ARN, and who is reading what is not.
///
/// Between reading an execution from the store and putting it here, somebody else may have put it here, run it to its end, and taken it away again. What was read
/// is from before all that, and an execution that has ended would run once more. So whoever reads says so first ([`look`](Self::look)), and puts nothing here when
/// the execution has left meanwhile.
///
/// What nobody holds and what only waits may go at any time; the store has it. It goes when there are so many that looking through them pays.
pub(super) struct Slots<T> {
    live: HashMap<Arc<str>, Arc<T>>,
    reading: HashMap<Arc<str>, Reading>,
    /// How many are looked through next.
    look_at: usize,
}

/// How many come at least before all are looked through again.
const LEAST: usize = 64;

#[derive(Default)]
struct Reading {
    readers: usize,
    /// How often it has left since the first of them began.
    departures: u64,
}

/// What is in memory of an execution.
#[derive(Debug)]
pub(super) enum Found<T> {
    There(Arc<T>),
    /// Nothing. Whoever reads it now owes a [`Slots::done`].
    Absent(Departures),
}

/// How often an execution had left when somebody began to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Departures(u64);

/// What may be in memory.
pub(super) trait Idle {
    /// Whether it only waits, so that nothing is lost when it goes. Nobody else holds it.
    fn is_idle(&self) -> bool;
}

impl<T: Idle> Slots<T> {
    /// None yet. Up to `most` stay, whatever they do.
    pub(super) fn new(most: usize) -> Self {
        Self {
            live: HashMap::new(),
            reading: HashMap::new(),
            look_at: most.max(LEAST),
        }
    }

    pub(super) fn get(&self, arn: &str) -> Option<Arc<T>> {
        self.live.get(arn).map(Arc::clone)
    }

    /// What is there, or leave to read it from the store.
    pub(super) fn look(&mut self, arn: &str) -> Found<T> {
        if let Some(there) = self.get(arn) {
            return Found::There(there);
        }
        let reading = self.reading.entry(Arc::from(arn)).or_default();
        reading.readers += 1;
        Found::Absent(Departures(reading.departures))
    }

    /// Puts what was read here, or returns what somebody else has put here. None: it has left since [`look`](Self::look), so it has to be read again.
    pub(super) fn put(
        &mut self,
        arn: &Arc<str>,
        before: Departures,
        read: impl FnOnce() -> T,
    ) -> Option<Arc<T>> {
        if let Some(there) = self.get(arn) {
            return Some(there);
        }
        let now = self.reading.get(arn).map(|reading| reading.departures);
        if now != Some(before.0) {
            return None;
        }
        Some(self.put_new(Arc::clone(arn), read()))
    }

    /// One of the readers has what it wants, or gave up.
    pub(super) fn done(&mut self, arn: &str) {
        if let Some(reading) = self.reading.get_mut(arn) {
            reading.readers = reading.readers.saturating_sub(1);
            if reading.readers == 0 {
                self.reading.remove(arn);
            }
        }
    }

    fn put_new(&mut self, arn: Arc<str>, slot: T) -> Arc<T> {
        if self.live.len() >= self.look_at {
            let Self { live, reading, .. } = self;
            // Nobody can get hold of one meanwhile: that takes the lock that this is under.
            live.retain(|arn, slot| {
                let stays = Arc::strong_count(slot) > 1 || !slot.is_idle();
                if !stays && let Some(reading) = reading.get_mut(arn) {
                    reading.departures += 1;
                }
                stays
            });
            let left = self.live.len();
            self.look_at = left.saturating_add(LEAST.max(left / 2));
        }
        Arc::clone(self.live.entry(arn).or_insert_with(|| Arc::new(slot)))
    }

    /// Takes this one away. Another one of the same execution stays.
    pub(super) fn remove(&mut self, arn: &str, slot: &Arc<T>) {
        if let Some(reading) = self.reading.get_mut(arn) {
            reading.departures += 1;
        }
        if self
            .live
            .get(arn)
            .is_some_and(|there| Arc::ptr_eq(there, slot))
        {
            self.live.remove(arn);
        }
    }

    /// Takes all away.
    pub(super) fn take(&mut self) -> Vec<Arc<T>> {
        for reading in self.reading.values_mut() {
            reading.departures += 1;
        }
        std::mem::take(&mut self.live).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use durable_runtime::prelude::*;

    use super::*;
    use crate::TestEngine;

    impl Idle for &str {
        fn is_idle(&self) -> bool {
            self.starts_with("waits")
        }
    }

    impl Idle for i32 {
        fn is_idle(&self) -> bool {
            true
        }
    }

    fn absent<T: std::fmt::Debug + Idle>(slots: &mut Slots<T>) -> Departures {
        match slots.look("arn") {
            Found::Absent(before) => before,
            there @ Found::There(_) => panic!("{there:?}"),
        }
    }

    #[test]
    fn what_ended_while_it_was_read_is_read_again() {
        let mut slots = Slots::new(0);
        let arn: Arc<str> = Arc::from("arn");
        let (fast, slow) = (absent(&mut slots), absent(&mut slots));
        let there = slots.put(&arn, fast, || "ran to its end").unwrap();
        slots.done("arn");
        slots.remove("arn", &there);
        assert!(slots.put(&arn, slow, || "as it was before").is_none());
        slots.done("arn");
        assert!(slots.get("arn").is_none());

        let before = absent(&mut slots);
        assert!(slots.put(&arn, before, || "read again").is_some());
        slots.done("arn");
        assert!(slots.reading.is_empty(), "nobody reads any more");
    }

    #[test]
    fn what_was_created_and_ended_while_it_was_read_is_read_again() {
        let mut slots = Slots::new(0);
        let arn: Arc<str> = Arc::from("arn");
        let before = absent(&mut slots);
        let created = slots.put_new(Arc::clone(&arn), "created");
        slots.remove("arn", &created);
        assert!(slots.put(&arn, before, || "as it was created").is_none());
    }

    #[test]
    fn what_went_while_it_was_read_is_read_again() {
        let mut slots = Slots::new(0);
        let arn: Arc<str> = Arc::from("arn");
        let before = absent(&mut slots);
        slots.put_new(Arc::clone(&arn), "waits");
        for n in 0..LEAST {
            slots.put_new(Arc::from(n.to_string()), "works");
        }
        assert!(slots.get("arn").is_none());
        assert!(slots.put(&arn, before, || "as it was before").is_none());
    }

    #[test]
    fn a_reader_that_gives_up_takes_nothing_from_another() {
        let mut slots = Slots::new(0);
        let arn: Arc<str> = Arc::from("arn");
        let (first, second) = (absent(&mut slots), absent(&mut slots));
        assert_eq!(first, second);
        slots.done("arn");
        assert_eq!(slots.put(&arn, second, || 2).as_deref(), Some(&2));
    }

    #[test]
    fn all_are_taken_away_and_what_is_read_meanwhile_is_read_again() {
        let mut slots = Slots::new(0);
        let arn: Arc<str> = Arc::from("arn");
        let before = absent(&mut slots);
        slots.put_new(Arc::from("one"), 1);
        slots.put_new(Arc::from("two"), 2);
        let mut all: Vec<i32> = slots.take().iter().map(|slot| **slot).collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        assert!(slots.get("one").is_none() && slots.get("two").is_none());
        assert!(slots.put(&arn, before, || 3).is_none());
    }

    #[test]
    fn two_readers_share_one() {
        let mut slots = Slots::new(0);
        let arn: Arc<str> = Arc::from("arn");
        let (first, second) = (absent(&mut slots), absent(&mut slots));
        slots.put(&arn, first, || 1);
        assert_eq!(slots.put(&arn, second, || 2).as_deref(), Some(&1));
        assert!(matches!(slots.look("arn"), Found::There(one) if *one == 1));
    }

    #[test]
    fn only_the_one_that_is_meant_is_taken_away() {
        let mut slots = Slots::new(0);
        let arn: Arc<str> = Arc::from("arn");
        let old = slots.put_new(Arc::clone(&arn), 1);
        slots.remove("arn", &old);
        slots.put_new(Arc::clone(&arn), 2);
        slots.remove("arn", &old);
        assert_eq!(slots.get("arn").as_deref(), Some(&2));
    }

    #[test]
    fn what_only_waits_goes_when_there_are_many() {
        let mut slots = Slots::new(100);
        let add = |slots: &mut Slots<&'static str>, n: usize, what| {
            slots.put_new(Arc::from(n.to_string()), what)
        };
        let held = add(&mut slots, 0, "waits, and somebody waits for it");
        for n in 1..100 {
            add(&mut slots, n, if n < 50 { "works" } else { "waits" });
        }
        assert_eq!(slots.live.len(), 100, "as many as may stay");
        add(&mut slots, 100, "waits");
        assert_eq!(
            slots.live.len(),
            51,
            "those that work, one that is held, the new one"
        );
        assert!(
            slots
                .get("0")
                .is_some_and(|there| Arc::ptr_eq(&there, &held))
        );
        for n in 101..1_000 {
            add(&mut slots, n, "waits");
            assert!(slots.live.len() <= 50 + LEAST + 1);
        }
    }

    #[test]
    fn the_more_stay_the_more_may_come_before_all_are_looked_through() {
        let mut slots = Slots::new(400);
        for n in 0..400 {
            slots.put_new(Arc::from(n.to_string()), "works");
        }
        for n in 400..600 {
            slots.put_new(Arc::from(n.to_string()), "waits");
        }
        assert_eq!(slots.live.len(), 600, "half as many as stayed");
        slots.put_new(Arc::from("600"), "waits");
        assert_eq!(slots.live.len(), 401);
    }

    #[durable_workflow]
    async fn patient(n: u32) -> Result<u32> {
        sleep(Duration::from_hours(u64::from(n % 7) + 1)).await;
        Ok(n)
    }

    /// A thousand that sleep, none of which may stay, and which all wake up.
    #[tokio::test]
    async fn an_execution_that_sleeps_is_not_in_memory() {
        let builder = TestEngine::builder().register(patient).evict_always();
        let engine = builder.start().await.unwrap();
        let mut runs = Vec::new();
        for n in 0..1_000 {
            runs.push(engine.start(patient, n).await.unwrap());
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let there = engine.host().slots.lock().live.len();
        assert!(there < 3 * LEAST, "{there} are in memory");
        for (n, run) in (0..).zip(runs) {
            assert_eq!(run.result().await.unwrap(), n);
        }
    }
}
