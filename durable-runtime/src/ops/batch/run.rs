//! What awaiting a batch does.

use std::collections::{HashSet, VecDeque};
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use super::build::{Batch, Goal, Until};
use super::item::{Done, Ended, Items};
use super::kind::ItemKind;
use super::lanes::Lanes;
use super::list::List;
use super::policy::{CompletionReason, Progress};
use super::record::{Entry, Summary, Whole};
use super::replayed::{Rebuilt, abandoned, assembled, summary, unexpected_status, whole};
use super::result::BatchResult;
use crate::durable::Tuning;
use crate::invocation::op::{Op, Snapshot};
use crate::invocation::{Core, Urgency};
use crate::ops::context::{MAX_DEPTH, not_recordable, too_deep};
use crate::replay::{ScopeIndex, gone_items};
use crate::site::Site;
use crate::wire::{ErrorObject, OperationStatus, OperationType, OperationUpdate, limits};

pub(super) async fn run<T: Send, K: ItemKind, U: Until>(
    batch: Batch<'_, T, K, Goal<U>>,
    site: &'static Site,
    tuning: Tuning,
) -> BatchResult<K::Value, K::Error> {
    let Batch {
        kind,
        items: list_items,
        list,
        function,
        outcome,
        mut settings,
        mut goal,
    } = batch;
    let tuning = tuning.or(std::mem::take(&mut settings.tuning));
    let codec = settings.codec.as_deref();
    let (op, known) = Op::reach(site, &tuning, kind.batch, Some(site.key)).await;
    let is_finished = match &known {
        None => false,
        Some(Snapshot {
            status: OperationStatus::Started,
            ..
        }) => false,
        Some(Snapshot {
            status: OperationStatus::Succeeded,
            ..
        }) => true,
        Some(other) => op.here.fail(unexpected_status(&op, other.status)).await,
    };
    let rebuilt = is_finished && op.with_record(|record| record.replay_children()) == Some(true);
    let key = tuning.key().unwrap_or_default();
    let mut items = Items::<K> {
        batch: &op,
        scope: op.here.scope,
        scope_id: op.context_scope(key),
        outcome,
        list: &list,
        kind: kind.item,
        codec: settings.item_codec.as_deref(),
        flat: settings.flat,
        rebuilt,
        keeps_encoded: settings.item_codec.is_some() && op.codec(codec).is_none(),
    };
    if is_finished && !rebuilt {
        let whole = whole(&op, codec).await;
        abandoned(&items, &whole.entries);
        return assembled(&items, whole).await;
    }
    let problem = problem(&list, &goal, settings.concurrency);
    if let Some(problem) = problem {
        op.here.fail(invalid(&op, &problem)).await;
    }
    if known.is_none() {
        let start = OperationUpdate::start(OperationType::Context, op.id());
        op.push(start, Urgency::Lazy);
    }
    let mut around = Around::open(&op, key, rebuilt);
    items.scope = around.scope;
    if around.depth > MAX_DEPTH {
        op.here.fail(too_deep(&op)).await;
    }
    let recorded = match known {
        Some(_) if !rebuilt => items.look_up(),
        _ => Vec::new(),
    };
    let known_result = match rebuilt {
        true => Some(summary(&items, codec).await),
        false => None,
    };
    let ghosts: HashSet<usize> = known_result.iter().flat_map(Rebuilt::ghosts).collect();
    let mut waiting: Vec<Option<T>> = list_items.into_iter().map(Some).collect();
    let mut floor = Floor {
        core: &op.here.core,
        ghosts: ghosts.len(),
        lanes: Lanes::new(list.len),
        board: std::iter::repeat_with(|| None).take(list.len).collect(),
        progress: Progress {
            total: list.len,
            ..Progress::default()
        },
    };
    let mut start = |index: usize| {
        let item = waiting.get_mut(index)?.take()?;
        Some(items.run(&*function, index, item, ghosts.contains(&index)))
    };
    if let Some(Rebuilt {
        reason, started, ..
    }) = known_result
    {
        let queue = started
            .iter()
            .filter(|(index, ended)| *ended || ghosts.contains(index));
        let queue = queue.map(|(index, _)| *index).collect();
        floor.work(queue, usize::MAX, &mut start, |_| None).await;
        let begun = started.iter().map(|(index, _)| *index);
        let (entries, outs) = floor.settle(&items, begun);
        abandoned(&items, &entries);
        around.returned = entries.iter().all(|entry| entry.ended.is_some());
        return items.result(reason, entries, outs);
    }

    // What has ended in an earlier invocation counts before anything that still runs, and needs no room.
    let ended = recorded.iter().filter(|(_, status)| status.is_terminal());
    let queue = ended.map(|(index, _)| *index).collect();
    floor.work(queue, usize::MAX, &mut start, |_| None).await;
    let mut decide = |progress: &Progress| {
        let Goal { policy, until, .. } = &mut goal;
        policy.decide(progress, |progress| until.__is_met(progress))
    };
    let decided = match floor.progress {
        // Nobody is asked about a batch that has not begun.
        Progress {
            total,
            succeeded: 0,
            failed: 0,
            ..
        } if total > 0 => None,
        progress => decide(&progress),
    };
    let reason = match decided {
        Some(reason) => reason,
        None => {
            let queue = (0..list.len)
                .filter(|index| floor.is_open(*index))
                .collect();
            let most = settings.concurrency.unwrap_or(usize::MAX);
            let decided = floor.work(queue, most, &mut start, decide).await;
            decided.unwrap_or(CompletionReason::AllCompleted)
        }
    };
    let seen: HashSet<usize> = recorded.into_iter().map(|(index, _)| index).collect();
    let begun: Vec<usize> = (0..list.len)
        .filter(|index| floor.has_begun(*index) || seen.contains(index))
        .collect();
    let (entries, outs) = floor.settle(&items, begun.into_iter());

    let record = Whole { reason, entries };
    let text = record.write(goal.is_plain);
    let payload = encoded(&op, &settings, text).await;
    let holds = around.holds();
    let is_rebuilt = holds || payload.len() > limits::REPLAY_CHILDREN_THRESHOLD;
    let update = OperationUpdate::succeed(OperationType::Context, op.id());
    let update = if is_rebuilt {
        let summary = Summary::of(&record, holds).write();
        update
            .with_payload(encoded(&op, &settings, summary).await)
            .with_replay_children()
    } else {
        update.with_payload(payload)
    };
    op.write(update).await;
    abandoned(&items, &record.entries);
    around.returned = record.entries.iter().all(|entry| entry.ended.is_some());
    if op.codec(codec).is_some() && !is_rebuilt {
        // Live is replay, through the batch's codec too.
        let whole = whole(&op, codec).await;
        return assembled(&items, whole).await;
    }
    items.result(record.reason, record.entries, outs)
}

/// What is wrong with the batch, before anything of it is recorded.
fn problem<U>(list: &List, goal: &Goal<U>, concurrency: Option<usize>) -> Option<String> {
    if concurrency == Some(0) {
        return Some(
            "`.concurrency(0)` lets no item run; the smallest number is 1, and without the call all run at once".to_owned(),
        );
    }
    list.problem().or_else(|| goal.policy.problem(list.len))
}

fn invalid(op: &Op, problem: &str) -> ErrorObject {
    ErrorObject::new(
        "InvalidBatch",
        format!("{} can't start: {problem}", op.describe()),
    )
}

async fn encoded(op: &Op, settings: &super::build::Settings, text: String) -> String {
    match op.encode_payload(settings.codec.as_deref(), text).await {
        Ok(payload) => payload,
        Err(reason) => op.here.fail(not_recordable(op, &reason)).await,
    }
}

/// The scope around the items, open.
struct Around {
    core: Arc<Core>,
    scope: ScopeIndex,
    depth: u32,
    /// It ends with nothing left in it.
    returned: bool,
}

impl Around {
    fn open(op: &Op, key: &str, rebuilt: bool) -> Self {
        let mut state = op.here.core.state.lock();
        let scopes = &mut state.scopes;
        let scope = scopes.open_batch(op.here.scope, op.site, key, op.place, rebuilt);
        Self {
            core: op.here.core.clone(),
            scope,
            depth: scopes.get(scope).map_or(0, |scope| scope.depth),
            returned: false,
        }
    }

    /// Whether steps in the items, abandoned ones too, can be undone.
    fn holds(&self) -> bool {
        let state = self.core.state.lock();
        let scope = state.scopes.get(self.scope);
        scope.is_some_and(|scope| scope.lineage.holds())
    }
}

impl Drop for Around {
    fn drop(&mut self) {
        self.core.close_scope(self.scope, self.returned);
    }
}

impl<K: ItemKind> Items<'_, K> {
    /// The items that had begun in an earlier invocation. Tells the scope of those that the list no longer has.
    fn look_up(&self) -> Vec<(usize, OperationStatus)> {
        let mut state = self.batch.here.core.state.lock();
        let state = &mut *state;
        let (history, site) = (&mut state.history, self.batch.site);
        if self.flat {
            // What they did is there, and nothing of themselves.
            let begun = |index: &usize| {
                let scope = self.list.key(*index).scope_tag(&self.scope_id, site);
                !history.unreached_in_scope(scope).is_empty()
            };
            let begun = (0..self.list.len).filter(begun);
            return begun
                .map(|index| (index, OperationStatus::Started))
                .collect();
        }
        let ids = self.list.ids(&self.scope_id, site);
        let gone = gone_items(history, &state.scopes, self.scope, &ids);
        if let Some(scope) = state.scopes.get_mut(self.scope) {
            scope.gone = Some(gone);
        }
        let recorded = |index| {
            let id = self.list.key(index).place(&self.scope_id, site).id;
            Some((index, history.get(&id)?.status))
        };
        (0..self.list.len).filter_map(recorded).collect()
    }
}

/// The items at work, and what has become of them.
struct Floor<'a, Fut, Out> {
    core: &'a Core,
    /// How many of the items will never end.
    ghosts: usize,
    lanes: Lanes<Fut>,
    board: Vec<Option<Done<Out>>>,
    progress: Progress,
}

impl<Fut: Future<Output = Done<Out>>, Out> Floor<'_, Fut, Out> {
    /// Works through `queue`, at most so many items at once, until there is a decision or nothing left to do.
    async fn work(
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

    fn has_begun(&self, index: usize) -> bool {
        !self.is_open(index) || self.lanes.has_begun(index)
    }

    /// Abandons what still runs, and takes down what became of the items that had begun.
    fn settle<K: ItemKind<Out = Out>>(
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
