//! The items at work, and when that is enough.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::task::Poll;

use super::item::{Done, Ended, Items};
use super::kind::ItemKind;
use super::lanes::Lanes;
use super::policy::{CompletionReason, Progress};
use super::record::Entry;
use crate::invocation::Core;

/// The items at work, and what has become of them.
pub(super) struct Floor<'a, Fut, Out> {
    core: &'a Core,
    /// How many of the items will never end.
    ghosts: usize,
    lanes: Lanes<Fut>,
    board: Vec<Option<Done<Out>>>,
    progress: Progress,
}

impl<'a, Fut: Future<Output = Done<Out>>, Out> Floor<'a, Fut, Out> {
    /// Room for so many items, of which some will never end.
    pub(super) fn new(core: &'a Core, items: usize, ghosts: usize) -> Self {
        Self {
            core,
            ghosts,
            lanes: Lanes::new(items),
            board: std::iter::repeat_with(|| None).take(items).collect(),
            progress: Progress {
                total: items,
                ..Progress::default()
            },
        }
    }

    /// Works through what is left, at most so many items at once, until there is a decision.
    pub(super) async fn work_to_end(
        &mut self,
        most: usize,
        start: &mut impl FnMut(usize) -> Option<Fut>,
        mut decide: impl FnMut(&Progress) -> Option<CompletionReason>,
    ) -> CompletionReason {
        if let Some(reason) = decide(&self.progress) {
            return reason;
        }
        let left = (0..self.board.len())
            .filter(|index| self.is_open(*index))
            .collect();
        let decided = self.work(left, most, start, decide).await;
        decided.unwrap_or(CompletionReason::AllCompleted)
    }

    /// Works through `queue`, at most so many items at once, until there is a decision or nothing left to do.
    pub(super) async fn work(
        &mut self,
        mut queue: VecDeque<usize>,
        most: usize,
        start: &mut impl FnMut(usize) -> Option<Fut>,
        mut decide: impl FnMut(&Progress) -> Option<CompletionReason>,
    ) -> Option<CompletionReason> {
        poll_fn(|cx| {
            loop {
                self.lanes.begin(cx);
                loop {
                    while self.lanes.running() < most
                        && let Some(index) = queue.pop_front()
                    {
                        if let Some(future) = start(index) {
                            self.lanes.push(index, future);
                        }
                    }
                    let Some((index, done)) = self.lanes.next() else {
                        break;
                    };
                    self.finish(index, done);
                    if let Some(reason) = decide(&self.progress) {
                        return Poll::Ready(Some(reason));
                    }
                }
                let is_done = self.lanes.running() == self.ghosts && queue.is_empty();
                let (busy, is_settled) = {
                    let mut state = self.core.state.lock();
                    let is_settled = is_done && (self.ghosts == 0 || state.is_settled(cx));
                    (state.running > 0, is_settled)
                };
                // A ghost that was polled has come as far as it can, but for the work of a codec.
                if is_settled {
                    return Poll::Ready(None);
                }
                // Before the invocation may rest, nothing that could go on is left. While a body runs it can't rest, and a body that wakes
                // itself must let others have the thread.
                if !self.lanes.is_woken() || busy {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// After the decision: what the items that are given up did in earlier invocations counts when it is to be undone, so they go on as ghosts to where
    /// the history of them ends. `begun`: those that it holds something of.
    pub(super) async fn catch_up<K: ItemKind<Out = Out>>(
        &mut self,
        items: &Items<'_, K>,
        begun: impl Iterator<Item = usize>,
        start: &mut impl FnMut(usize) -> Option<Fut>,
    ) {
        if !items.abandon() {
            return;
        }
        for index in begun {
            if let Some(future) = start(index) {
                self.lanes.push(index, future);
            }
        }
        poll_fn(|cx| {
            loop {
                self.lanes.begin(cx);
                while self.lanes.next().is_some() {}
                let mut state = self.core.state.lock();
                if state.is_settled(cx) {
                    return Poll::Ready(());
                }
                if !self.lanes.is_woken() || state.running > 0 {
                    return Poll::Pending;
                }
            }
        })
        .await;
    }

    fn finish(&mut self, index: usize, done: Done<Out>) {
        match done.ended {
            Ended::Value(_) => self.progress.succeeded += 1,
            Ended::Error(_) => self.progress.failed += 1,
        }
        if let Some(place) = self.board.get_mut(index) {
            *place = Some(done);
        }
    }

    fn is_open(&self, index: usize) -> bool {
        self.board.get(index).is_some_and(Option::is_none)
    }

    pub(super) fn has_begun(&self, index: usize) -> bool {
        !self.is_open(index) || self.lanes.has_begun(index)
    }

    /// Abandons what still runs, and takes down what became of the items that had begun.
    pub(super) fn settle<K: ItemKind<Out = Out>>(
        mut self,
        items: &Items<'_, K>,
        begun: impl Iterator<Item = usize>,
    ) -> (Vec<Entry>, Vec<Option<Out>>) {
        let mut entries = Vec::new();
        let mut outs = Vec::new();
        for index in begun {
            let done = self.board.get_mut(index).and_then(Option::take);
            let (out, ended) = match done {
                Some(done) => (Some(done.out), Some(done.ended)),
                None => (None, None),
            };
            entries.push(Entry {
                index,
                key: items.list.key_text(index).map(str::to_owned),
                is_encoded: items.keeps_encoded && matches!(ended, Some(Ended::Value(_))),
                ended,
            });
            outs.push(out);
        }
        (entries, outs)
    }
}
