//! The items that run, side by side in one task: only those that were woken are polled, so a batch of a thousand costs what its items do.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::lock::Mutex;

/// Which items were woken, and whom to tell.
#[derive(Default)]
struct Woken(Mutex<(Vec<usize>, Option<Waker>)>);

/// Wakes one item.
struct LaneWaker {
    index: usize,
    /// It is in the list already.
    listed: AtomicBool,
    woken: Arc<Woken>,
}

impl Wake for LaneWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.listed.swap(true, Ordering::AcqRel) {
            return;
        }
        let parent = {
            let mut woken = self.woken.0.lock();
            woken.0.push(self.index);
            woken.1.clone()
        };
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

struct Lane<Fut> {
    future: Pin<Box<Fut>>,
    waker: Waker,
    flags: Arc<LaneWaker>,
    polled: bool,
}

/// The items that run.
pub(super) struct Lanes<Fut> {
    lanes: Vec<Option<Lane<Fut>>>,
    running: usize,
    woken: Arc<Woken>,
    /// What was woken before this poll and is not polled yet: the last one first.
    pass: Vec<usize>,
    /// What was never polled.
    fresh: VecDeque<usize>,
}

impl<Fut: Future> Lanes<Fut> {
    pub(super) fn new(items: usize) -> Self {
        Self {
            lanes: std::iter::repeat_with(|| None).take(items).collect(),
            running: 0,
            woken: Arc::default(),
            pass: Vec::new(),
            fresh: VecDeque::new(),
        }
    }

    /// Adds an item; it is polled before the poll that goes on is over.
    pub(super) fn push(&mut self, index: usize, future: Fut) {
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        let flags = Arc::new(LaneWaker {
            index,
            listed: AtomicBool::new(false),
            woken: Arc::clone(&self.woken),
        });
        *lane = Some(Lane {
            future: Box::pin(future),
            waker: Waker::from(Arc::clone(&flags)),
            flags,
            polled: false,
        });
        self.running += 1;
        self.fresh.push_back(index);
    }

    /// How many have not finished.
    pub(super) const fn running(&self) -> usize {
        self.running
    }

    /// Whether this item runs, and has begun to.
    pub(super) fn has_begun(&self, index: usize) -> bool {
        let lane = self.lanes.get(index).and_then(Option::as_ref);
        lane.is_some_and(|lane| lane.polled)
    }

    /// A poll begins: each item that was woken before will be polled once.
    pub(super) fn begin(&mut self, cx: &Context<'_>) {
        let mut woken = self.woken.0.lock();
        match &woken.1 {
            Some(parent) if parent.will_wake(cx.waker()) => {}
            _ => woken.1 = Some(cx.waker().clone()),
        }
        self.pass.append(&mut woken.0);
        drop(woken);
        // In the order of the list, whoever woke them.
        self.pass.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Polls on until an item has finished. `None`: all that could be polled was.
    pub(super) fn next(&mut self) -> Option<(usize, Fut::Output)> {
        while let Some(index) = self.pass.pop().or_else(|| self.fresh.pop_front()) {
            let Some(slot) = self.lanes.get_mut(index) else {
                continue;
            };
            let Some(lane) = slot else { continue };
            // A store may take effect after the poll below has looked: whoever wakes the item then, having done what it waits for, would still find it listed.
            lane.flags.listed.swap(false, Ordering::AcqRel);
            lane.polled = true;
            let mut cx = Context::from_waker(&lane.waker);
            if let Poll::Ready(output) = lane.future.as_mut().poll(&mut cx) {
                *slot = None;
                self.running -= 1;
                return Some((index, output));
            }
        }
        None
    }

    /// Whether an item was woken since the poll began.
    pub(super) fn is_woken(&self) -> bool {
        !self.woken.0.lock().0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn only_what_was_woken_is_polled_and_in_the_order_of_the_list() {
        let polls = std::cell::RefCell::new(Vec::new());
        let wakers = std::cell::RefCell::new(vec![None::<Waker>; 4]);
        let mut lanes = Lanes::new(4);
        for index in 0..4 {
            let (polls, wakers) = (&polls, &wakers);
            lanes.push(
                index,
                std::future::poll_fn(move |cx| {
                    polls.borrow_mut().push(index);
                    wakers.borrow_mut()[index] = Some(cx.waker().clone());
                    Poll::<()>::Pending
                }),
            );
        }
        let cx = Context::from_waker(Waker::noop());
        lanes.begin(&cx);
        assert!(lanes.next().is_none());
        assert_eq!(polls.take(), [0, 1, 2, 3]);

        for index in [3, 1, 3] {
            wakers.borrow()[index].as_ref().unwrap().wake_by_ref();
        }
        assert!(lanes.is_woken());
        lanes.begin(&cx);
        assert!(lanes.next().is_none());
        assert_eq!(polls.take(), [1, 3]);

        lanes.begin(&cx);
        assert!(lanes.next().is_none());
        assert_eq!(polls.take(), Vec::<usize>::new());
    }

    /// How long the two threads meet at most.
    const LONGEST: Duration = Duration::from_secs(3);

    /// Another thread finishes what an item waits for, and wakes it, while it is polled for an earlier wake. A round takes microseconds; of 30,000 with a plain store for the
    /// flag, between 5 and 22 lost their item.
    #[test]
    fn a_wake_that_meets_a_poll_is_not_lost() {
        const ROUNDS: u32 = 30_000;
        let (begin, meets) = (Barrier::new(2), Barrier::new(2));
        let done = AtomicBool::new(false);
        let waker = std::sync::Mutex::new(None::<Waker>);
        let over = AtomicBool::new(false);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                for round in 0.. {
                    begin.wait();
                    if over.load(Ordering::Acquire) {
                        break;
                    }
                    let waker = waker.lock().unwrap().take().unwrap();
                    meets.wait();
                    spin(round % 24);
                    done.store(true, Ordering::Release);
                    waker.wake();
                    begin.wait();
                }
            });
            let started = Instant::now();
            let mut lost = None;
            for round in 0..ROUNDS {
                done.store(false, Ordering::Release);
                let mut lanes = Lanes::new(1);
                let mut is_first = true;
                lanes.push(
                    0,
                    std::future::poll_fn(|cx| {
                        if done.load(Ordering::Acquire) {
                            return Poll::Ready(());
                        }
                        if std::mem::take(&mut is_first) {
                            *waker.lock().unwrap() = Some(cx.waker().clone());
                            cx.waker().wake_by_ref();
                        }
                        Poll::Pending
                    }),
                );
                let cx = Context::from_waker(Waker::noop());
                lanes.begin(&cx);
                assert!(lanes.next().is_none());
                begin.wait();
                lanes.begin(&cx);
                meets.wait();
                spin(round / 24 % 24);
                let finished = lanes.next().is_some();
                begin.wait();
                if !finished && !lanes.is_woken() {
                    lost = Some(round);
                }
                if lost.is_some() || started.elapsed() > LONGEST {
                    break;
                }
            }
            over.store(true, Ordering::Release);
            begin.wait();
            assert_eq!(lost, None, "the round in which nobody would poll it again");
        });
    }

    /// Both threads leave at once, which a lock would not let them.
    struct Barrier {
        size: usize,
        arrived: AtomicUsize,
    }

    impl Barrier {
        fn new(size: usize) -> Self {
            let arrived = AtomicUsize::new(0);
            Self { size, arrived }
        }

        fn wait(&self) {
            let number = self.arrived.fetch_add(1, Ordering::AcqRel);
            let all = (number / self.size + 1) * self.size;
            let (began, mut spins) = (Instant::now(), 0_u32);
            while self.arrived.load(Ordering::Acquire) < all {
                spins += 1;
                // Where there is one core, the other has to have it.
                if spins.is_multiple_of(1 << 12) {
                    std::thread::yield_now();
                    assert!(began.elapsed() < LONGEST * 10, "the other thread is gone");
                }
                std::hint::spin_loop();
            }
        }
    }

    fn spin(times: u32) {
        for _ in 0..times {
            std::hint::black_box(());
        }
    }
}
