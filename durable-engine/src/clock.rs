//! Time, as the engine sees it: the system's clock, or a virtual one that only moves when told to.
//!
//! The engine never asks the operating system for the time itself. Everything that has a deadline (waits, retries,
//! timeouts) goes through a [`Clock`], so that a test can live through a year in a millisecond.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use durable_runtime::wire::Timestamp;
use parking_lot::Mutex;

/// The future of [`Clock::sleep_until`]: owns what it needs, and ends when the clock has reached the deadline.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// A source of time with a resolution of one millisecond.
pub trait Clock: Send + Sync + 'static {
    /// The current time, in milliseconds since the Unix epoch.
    fn now(&self) -> Timestamp;

    /// A future that ends once [`now`](Clock::now) is at or after `deadline`; at once when it already is.
    ///
    /// Dropping the future gives the sleep up.
    fn sleep_until(&self, deadline: Timestamp) -> Sleep;
}

/// The wall clock of this machine, with sleeps on tokio's timer.
///
/// A deadline of a durable execution is a point on the wall clock: it is stored, and has to mean the same after a
/// restart. The wall clock can step (NTP, an operator, a suspended laptop) while tokio's timer counts monotonic time, so
/// a sleeper looks at the wall clock again at least once a second:
///
/// * a step forward, or a suspend, past the deadline is noticed within a second of running time;
/// * after a step backward the sleeper goes on waiting until the wall clock reaches the deadline again;
/// * a sleep never ends before the wall clock shows the deadline.
///
/// [`now`](Clock::now) reports the wall clock as it is, so it can go backward too; the order of events is
/// the order of their ids, never of their timestamps. The clock needs a tokio runtime with its timer enabled, and
/// real time: under `tokio::time::pause` use a [`VirtualClock`].
///
/// ```
/// use durable_engine::clock::{Clock, SystemClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let clock = SystemClock;
/// let before = clock.now();
/// clock.sleep_until(before).await; // already reached: ends at once
/// assert!(clock.now() >= before);
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The longest a sleeper trusts the monotonic timer before it looks at the wall clock again.
const LONGEST_NAP: Duration = Duration::from_secs(1);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => millis(since),
            // A machine whose clock was never set may stand before 1970.
            Err(before) => millis(before.duration()).saturating_neg(),
        })
    }

    fn sleep_until(&self, deadline: Timestamp) -> Sleep {
        let clock = *self;
        Box::pin(async move {
            while let Some(nap) = nap(clock.now(), deadline) {
                tokio::time::sleep(nap).await;
            }
        })
    }
}

/// How long to sleep before the next look at the wall clock; `None` once the deadline is reached.
fn nap(now: Timestamp, deadline: Timestamp) -> Option<Duration> {
    let left = deadline.as_millis().saturating_sub(now.as_millis());
    let left = u64::try_from(left).ok().filter(|left| *left > 0)?;
    Some(Duration::from_millis(left).min(LONGEST_NAP))
}

/// Whole milliseconds, saturating: the 292 million years of an `i64` are as good as forever.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A clock that stands still until it is told to move, and costs no real time.
///
/// Clones share the same time. A sleeper counts as [`pending`](Self::pending) from the call of
/// [`sleep_until`](Clock::sleep_until) on, not from its first poll, so "nothing runs and somebody sleeps" can be
/// decided without a race; it stops counting when it is woken or dropped.
///
/// Whoever drives a test moves the clock when nothing else can run:
///
/// ```
/// use durable_engine::clock::{Clock, VirtualClock};
/// use durable_runtime::wire::Timestamp;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let clock = VirtualClock::new();
/// let start = clock.now();
/// let sleep = clock.sleep_until(Timestamp::from_millis(start.as_millis() + 60_000));
/// assert_eq!(clock.pending(), 1);
///
/// clock.advance_to_next(); // straight to the deadline
/// sleep.await;
/// assert_eq!(clock.now().as_millis() - start.as_millis(), 60_000);
/// # }
/// ```
#[derive(Clone)]
pub struct VirtualClock {
    shared: Arc<Mutex<Virtual>>,
}

struct Virtual {
    now: Timestamp,
    /// Ordered by deadline, then by registration: the order in which they are woken.
    sleepers: BTreeMap<SleeperKey, Option<Waker>>,
    next_sleeper: u64,
}

type SleeperKey = (Timestamp, u64);

impl VirtualClock {
    /// Where a new virtual clock starts: 2025-01-01T00:00:00Z.
    pub const EPOCH: Timestamp = Timestamp::from_millis(1_735_689_600_000);

    /// A clock that stands at [`EPOCH`](Self::EPOCH).
    pub fn new() -> Self {
        Self::starting_at(Self::EPOCH)
    }

    /// A clock that stands at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Virtual {
                now: start,
                sleepers: BTreeMap::new(),
                next_sleeper: 0,
            })),
        }
    }

    /// Moves the clock forward and wakes every sleeper whose deadline is reached, the earliest first (equal deadlines in
    /// the order they were asked for). Fractions of a millisecond are cut off.
    ///
    /// The woken tasks run after this returns and all see the new time. To let each of them see its own deadline as the
    /// current time, use [`advance_to_next`](Self::advance_to_next) repeatedly.
    pub fn advance(&self, by: Duration) {
        self.move_to(|now| Timestamp::from_millis(now.as_millis().saturating_add(millis(by))));
    }

    /// Moves the clock to `target` and wakes sleepers as [`advance`](Self::advance) does. A target in the past changes
    /// nothing: this clock never goes backward.
    pub fn advance_to(&self, target: Timestamp) {
        self.move_to(|_| target);
    }

    /// Moves the clock to the earliest deadline somebody sleeps for and wakes whoever sleeps for it. Returns that
    /// deadline, or `None`, and changes nothing, when nobody sleeps.
    pub fn advance_to_next(&self) -> Option<Timestamp> {
        let next = self.next_deadline()?;
        self.advance_to(next);
        Some(next)
    }

    /// The earliest deadline somebody sleeps for; always in the future.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.shared
            .lock()
            .sleepers
            .keys()
            .next()
            .map(|(deadline, _)| *deadline)
    }

    /// How many sleepers wait for a deadline that is not reached.
    pub fn pending(&self) -> usize {
        self.shared.lock().sleepers.len()
    }

    fn move_to(&self, target: impl FnOnce(Timestamp) -> Timestamp) {
        let due = {
            let mut state = self.shared.lock();
            state.now = state.now.max(target(state.now));
            let after = (state.now, u64::MAX);
            let later = state.sleepers.split_off(&after);
            std::mem::replace(&mut state.sleepers, later)
        };
        // Outside the lock: a waker may run the task, which may ask this clock for the time.
        for waker in due.into_values().flatten() {
            waker.wake();
        }
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("VirtualClock")
            .field("now", &state.now)
            .field("pending", &state.sleepers.len())
            .finish()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.shared.lock().now
    }

    fn sleep_until(&self, deadline: Timestamp) -> Sleep {
        let mut state = self.shared.lock();
        let key = (deadline, state.next_sleeper);
        state.next_sleeper += 1;
        if deadline > state.now {
            state.sleepers.insert(key, None);
        }
        Box::pin(VirtualSleep {
            shared: Arc::clone(&self.shared),
            key,
        })
    }
}

struct VirtualSleep {
    shared: Arc<Mutex<Virtual>>,
    key: SleeperKey,
}

impl Future for VirtualSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.lock();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, Some(cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for VirtualSleep {
    fn drop(&mut self) {
        let waker = self.shared.lock().sleepers.remove(&self.key);
        // Outside the lock: dropping the last waker of a task drops the task, which may hold other sleeps.
        drop(waker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn poll_once(sleep: &mut Sleep) -> Poll<()> {
        sleep.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn given_a_virtual_clock_when_nobody_moves_it_then_time_stands_still() {
        let clock = VirtualClock::starting_at(at(1_000));
        let mut sleep = clock.sleep_until(at(1_001));

        clock.advance_to(at(10)); // in the past
        assert_eq!(clock.now(), at(1_000));
        assert!(poll_once(&mut sleep).is_pending());
        assert_eq!(
            (clock.pending(), clock.next_deadline()),
            (1, Some(at(1_001)))
        );
    }

    #[test]
    fn given_sleepers_when_time_advances_then_they_wake_in_the_order_of_their_deadlines() {
        let clock = VirtualClock::starting_at(at(0));
        let woken = Arc::new(Mutex::new(Vec::new()));
        let mut sleeps = Vec::new();
        for (name, deadline) in [("late", 30), ("first", 10), ("never", 31), ("second", 10)] {
            let mut sleep = clock.sleep_until(at(deadline));
            let waker = Waker::from(Arc::new(Note {
                name,
                woken: Arc::clone(&woken),
            }));
            assert!(
                sleep
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            sleeps.push(sleep);
        }

        clock.advance(Duration::from_millis(30));

        assert_eq!(*woken.lock(), ["first", "second", "late"]);
        assert_eq!((clock.now(), clock.pending()), (at(30), 1));
        assert_eq!(
            sleeps
                .iter_mut()
                .map(|s| poll_once(s).is_ready())
                .collect::<Vec<_>>(),
            [true, true, false, true]
        );
    }

    struct Note {
        name: &'static str,
        woken: Arc<Mutex<Vec<&'static str>>>,
    }

    impl std::task::Wake for Note {
        fn wake(self: Arc<Self>) {
            self.woken.lock().push(self.name);
        }
    }

    #[test]
    fn given_a_year_of_sleeps_when_the_clock_steps_from_deadline_to_deadline_then_each_is_seen_on_time()
     {
        let clock = VirtualClock::new();
        let day = 86_400_000;
        let start = clock.now().as_millis();
        let sleeps: Vec<Sleep> = (1..=365)
            .map(|n| clock.sleep_until(at(start + n * day)))
            .collect();

        for n in 1..=365 {
            assert_eq!(clock.advance_to_next(), Some(at(start + n * day)));
            assert_eq!(clock.now(), at(start + n * day));
        }

        assert_eq!(clock.advance_to_next(), None);
        assert!(
            sleeps
                .into_iter()
                .all(|mut sleep| poll_once(&mut sleep).is_ready())
        );
    }

    #[test]
    fn given_a_dropped_sleep_when_asking_who_waits_then_it_does_not_count() {
        let clock = VirtualClock::starting_at(at(0));
        let kept = clock.sleep_until(at(20));
        drop(clock.sleep_until(at(10)));

        assert_eq!((clock.pending(), clock.next_deadline()), (1, Some(at(20))));
        drop(kept);
        assert_eq!((clock.pending(), clock.next_deadline()), (0, None));
    }

    #[test]
    fn given_a_deadline_that_is_reached_when_sleeping_then_it_ends_at_once() {
        let clock = VirtualClock::starting_at(at(50));

        assert!(poll_once(&mut clock.sleep_until(at(50))).is_ready());
        assert!(poll_once(&mut clock.sleep_until(at(-1))).is_ready());
        assert_eq!(clock.pending(), 0);
    }

    #[test]
    fn given_a_wall_clock_that_steps_when_sleeping_then_no_nap_is_longer_than_a_second() {
        assert_eq!(nap(at(1_000), at(1_000)), None);
        assert_eq!(nap(at(1_001), at(1_000)), None);
        assert_eq!(nap(at(999), at(1_000)), Some(Duration::from_millis(1)));
        assert_eq!(nap(at(0), at(86_400_000)), Some(LONGEST_NAP));
        assert_eq!(nap(at(i64::MIN), at(i64::MAX)), Some(LONGEST_NAP));
    }

    #[tokio::test]
    async fn given_the_system_clock_when_sleeping_then_the_deadline_is_reached_when_it_ends() {
        let deadline = at(SystemClock.now().as_millis() + 5);

        SystemClock.sleep_until(deadline).await;

        assert!(SystemClock.now() >= deadline);
    }
}
