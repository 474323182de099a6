//! What awaiting a batch does.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::build::{Batch, Goal, Until};
use super::floor::Floor;
use super::item::Items;
use super::kind::ItemKind;
use super::list::List;
use super::policy::Progress;
use super::record::{Summary, Whole};
use super::replayed::{Rebuilt, abandoned, assembled, summary, unexpected_status, whole};
use super::result::BatchResult;
use crate::codec::Codec;
use crate::durable::Tuning;
use crate::invocation::op::{Op, OpKind, Snapshot};
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
    let (op, known) = reach(site, &tuning, kind.batch).await;
    let is_finished = known
        .as_ref()
        .is_some_and(|known| known.status == OperationStatus::Succeeded);
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
        is_over: AtomicBool::new(false),
        keeps_encoded: settings.item_codec.is_some() && op.codec(codec).is_none(),
    };
    if is_finished && !rebuilt {
        return finished(&items, codec).await;
    }
    let mut around = Around::new(&op, key, rebuilt);
    if let Some(error) = refusal(&op, known.as_ref(), &around, || {
        problem(&list, &goal, settings.concurrency)
    }) {
        op.here.fail(error).await;
    }
    if known.is_none() {
        start(&op);
    }
    items.scope = around.scope;
    let recorded = match known {
        Some(_) if !rebuilt => items.look_up(),
        _ => Vec::new(),
    };
    let rebuilt = if rebuilt {
        Some(summary(&items, codec).await)
    } else {
        None
    };

    let ghosts: HashSet<usize> = rebuilt.iter().flat_map(Rebuilt::ghosts).collect();
    let mut waiting: Vec<Option<T>> = list_items.into_iter().map(Some).collect();
    let mut floor = Floor::new(&op.here.core, list.len, ghosts.len());
    let mut start_as = |index: usize, ghost: bool| {
        let item = waiting.get_mut(index)?.take()?;
        Some(items.run(&*function, index, item, ghost))
    };
    let mut start = |index: usize| start_as(index, ghosts.contains(&index));
    // What has ended in an earlier invocation counts before anything that still runs, and needs no room.
    let first = match &rebuilt {
        Some(rebuilt) => rebuilt.queue(),
        None => {
            let ended = recorded.iter().filter(|(_, status)| status.is_terminal());
            ended.map(|(index, _)| *index).collect()
        }
    };
    floor.work(first, usize::MAX, &mut start, |_| None).await;
    if let Some(rebuilt) = rebuilt {
        let (entries, outs) = floor.settle(&items, rebuilt.started());
        abandoned(&items, &entries);
        around.returned = entries.iter().all(|entry| entry.ended.is_some());
        return items.result(rebuilt.reason, entries, outs);
    }
    let decide = |progress: &Progress| {
        let Goal { policy, until, .. } = &mut goal;
        // Nobody is asked about a batch in which nothing has happened.
        let until = |progress: &Progress| progress.completed() > 0 && until.__is_met(progress);
        policy.decide(progress, until)
    };
    let most = settings.concurrency.unwrap_or(usize::MAX);
    let reason = floor.work_to_end(most, &mut start, decide).await;
    let seen: HashSet<usize> = recorded.iter().map(|(index, _)| *index).collect();
    let begun = recorded.into_iter().map(|(index, _)| index);
    let mut start = |index: usize| start_as(index, true);
    floor.catch_up(&items, begun, &mut start).await;
    let begun: Vec<usize> = (0..list.len)
        .filter(|index| floor.has_begun(*index) || seen.contains(index))
        .collect();
    let (entries, outs) = floor.settle(&items, begun.into_iter());
    let record = Whole { reason, entries };
    conclude(&items, codec, (record, outs), goal.is_plain, &mut around).await
}

/// A boxed future. Batches are polled inside each other: what stands behind this takes no stack there.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

fn reach<'a>(
    site: &'static Site,
    tuning: &'a Tuning,
    kind: &'static OpKind,
) -> Boxed<'a, (Op, Option<Snapshot>)> {
    Box::pin(Op::reach(site, tuning, kind, Some(site.key)))
}

pub(super) fn start(op: &Op) {
    let start = OperationUpdate::start(OperationType::Context, op.id());
    op.push(start, Urgency::Lazy);
}

/// The result of a batch that an earlier invocation has finished.
fn finished<'a, K: ItemKind + 'a>(
    items: &'a Items<'a, K>,
    codec: Option<&'a dyn Codec>,
) -> Boxed<'a, BatchResult<K::Value, K::Error>> {
    Box::pin(async move {
        let whole = whole(items.batch, codec).await;
        abandoned(items, &whole.entries);
        assembled(items, whole).await
    })
}

/// Records how the batch ended. Its result may be observed when this returns.
fn conclude<'a, K: ItemKind + 'a>(
    items: &'a Items<'a, K>,
    codec: Option<&'a dyn Codec>,
    (record, outs): (Whole, Vec<Option<K::Out>>),
    is_plain: bool,
    around: &'a mut Around,
) -> Boxed<'a, BatchResult<K::Value, K::Error>> {
    Box::pin(async move {
        let op = items.batch;
        let payload = encoded(op, codec, record.write(is_plain)).await;
        let holds = around.holds();
        let is_rebuilt = holds || payload.len() > limits::REPLAY_CHILDREN_THRESHOLD;
        let update = OperationUpdate::succeed(OperationType::Context, op.id());
        let update = if is_rebuilt {
            let summary = Summary::of(&record, holds).write();
            update
                .with_payload(encoded(op, codec, summary).await)
                .with_replay_children()
        } else {
            update.with_payload(payload)
        };
        op.write(update).await;
        abandoned(items, &record.entries);
        around.returned = record.entries.iter().all(|entry| entry.ended.is_some());
        if op.codec(codec).is_some() && !is_rebuilt {
            // Live is replay, through the batch's codec too.
            let whole = whole(op, codec).await;
            return assembled(items, whole).await;
        }
        items.result(record.reason, record.entries, outs)
    })
}

async fn encoded(op: &Op, codec: Option<&dyn Codec>, text: String) -> String {
    match op.encode_payload(codec, text).await {
        Ok(payload) => payload,
        Err(reason) => op.here.fail(not_recordable(op, &reason)).await,
    }
}

/// Why the batch can't go on, or can't begin.
fn refusal(
    op: &Op,
    known: Option<&Snapshot>,
    around: &Around,
    problem: impl FnOnce() -> Option<String>,
) -> Option<ErrorObject> {
    match known.map(|known| known.status) {
        None | Some(OperationStatus::Started | OperationStatus::Succeeded) => {}
        Some(other) => return Some(unexpected_status(op, other)),
    }
    if around.depth > MAX_DEPTH {
        return Some(too_deep(op));
    }
    let problem = problem()?;
    Some(ErrorObject::new(
        "InvalidBatch",
        format!("{} can't start: {problem}", op.describe()),
    ))
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

/// The scope around the items, open.
struct Around {
    core: Arc<Core>,
    scope: ScopeIndex,
    depth: u32,
    /// It ends with nothing left in it.
    returned: bool,
}

impl Around {
    fn new(op: &Op, key: &str, rebuilt: bool) -> Self {
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
