//! A batch that has finished: its result, from its record.

use std::collections::{HashSet, VecDeque};

use super::item::{Ended, Items};
use super::kind::ItemKind;
use super::policy::CompletionReason;
use super::record::{Entry, Summary, Whole};
use super::result::{BatchItem, BatchResult};
use crate::codec::Codec;
use crate::identity::Tag;
use crate::invocation::op::Op;
use crate::ops::step_record::undecodable;
use crate::outcome::Recorded;
use crate::replay::Divergence;
use crate::wire::{ErrorObject, OperationStatus};

/// The batch's record.
pub(super) async fn whole(op: &Op, codec: Option<&dyn Codec>) -> Whole {
    let text = payload(op, codec).await;
    match Whole::read(&text) {
        Ok(whole) => whole,
        Err(reason) => op.here.fail(undecodable(op, &reason)).await,
    }
}

async fn payload(op: &Op, codec: Option<&dyn Codec>) -> String {
    let recorded = op
        .with_record(|operation| operation.result().map(str::to_owned))
        .flatten()
        .unwrap_or_default();
    match op.decode_payload(codec, &recorded).await {
        Ok(text) => text.into_owned(),
        Err(reason) => op.here.fail(undecodable(op, &reason)).await,
    }
}

/// A batch that is rebuilt from its items.
pub(super) struct Rebuilt {
    pub(super) reason: CompletionReason,
    /// The items that had been started, in the order of the list, and whether they had ended.
    pub(super) started: Vec<(usize, bool)>,
    /// Those that had not are looked into, too.
    pub(super) has_ghosts: bool,
}

impl Rebuilt {
    /// The items that had been started.
    pub(super) fn started(&self) -> impl Iterator<Item = usize> {
        self.started.iter().map(|(index, _)| *index)
    }

    /// The items that are run: those that had ended, and ghosts.
    pub(super) fn queue(&self) -> VecDeque<usize> {
        let run = self.started.iter();
        run.filter(|(_, ended)| *ended || self.has_ghosts)
            .map(|(index, _)| *index)
            .collect()
    }

    /// The items that were abandoned, where they have something to say again.
    pub(super) fn ghosts(&self) -> impl Iterator<Item = usize> {
        let abandoned = self.started.iter().filter(|(_, ended)| !ended);
        abandoned
            .map(|(index, _)| *index)
            .filter(|_| self.has_ghosts)
    }
}

/// The record of a batch that is rebuilt.
pub(super) async fn summary<K: ItemKind>(
    items: &Items<'_, K>,
    codec: Option<&dyn Codec>,
) -> Rebuilt {
    let op = items.batch;
    let text = payload(op, codec).await;
    let summary = match Summary::read(&text) {
        Ok(summary) => summary,
        Err(reason) => op.here.fail(undecodable(op, &reason)).await,
    };
    let indexes = match &summary.keys {
        Some(keys) => items.list.find(keys.iter().map(String::as_str)),
        None => (summary.total_count <= items.list.len).then(|| (0..summary.total_count).collect()),
    };
    let Some(indexes) = indexes else {
        let why = format!(
            "it had started {} items when it ended, and not all of them are in the list any more; its result is so large that it is rebuilt from them",
            summary.total_count
        );
        let divergence = Divergence::batch(op.definition(), op.site, &why);
        op.here.diverge(op.definition(), divergence).await
    };
    let mut started: Vec<(usize, bool)> = (0..)
        .zip(indexes)
        .map(|(number, index)| (index, summary.unfinished.binary_search(&number).is_err()))
        .collect();
    started.sort_unstable();
    Rebuilt {
        reason: summary.completion_reason,
        started,
        has_ghosts: summary.compensations,
    }
}

/// The result that a record stands for. Items with keys are put in the order that the list has now.
pub(super) async fn assembled<K: ItemKind>(
    items: &Items<'_, K>,
    whole: Whole,
) -> BatchResult<K::Value, K::Error> {
    let Whole {
        reason,
        mut entries,
    } = whole;
    let keys: Option<Vec<&str>> = entries.iter().map(|entry| entry.key.as_deref()).collect();
    if let Some(places) = keys.and_then(|keys| items.list.find(keys.into_iter())) {
        for (entry, place) in entries.iter_mut().zip(places) {
            entry.index = place;
        }
        entries.sort_by_key(|entry| entry.index);
    }
    let mut outs = Vec::with_capacity(entries.len());
    for entry in &entries {
        let out = match &entry.ended {
            None => None,
            Some(ended) => match items.kept(entry, ended).await {
                Ok(out) => Some(out),
                Err(reason) => {
                    let op = items.batch;
                    op.here.fail(undecodable(op, &reason)).await
                }
            },
        };
        outs.push(out);
    }
    items.result(reason, entries, outs)
}

impl<K: ItemKind> Items<'_, K> {
    /// What an item returned, from what the batch's record holds of it.
    async fn kept(&self, entry: &Entry, ended: &Ended) -> Result<K::Out, String> {
        match ended {
            Ended::Error(error) => (self.outcome.decode)(Recorded::Error(error)),
            Ended::Value(text) if entry.is_encoded => {
                let site = self.batch.site;
                let place = entry.item_key().place(&self.scope_id, site);
                let op = Op::unrecorded(self.batch.here.clone(), place, site, self.kind);
                Ok(self.decoded(&op, text).await?.out)
            }
            Ended::Value(json) => (self.outcome.decode)(Recorded::Value(json)),
        }
    }

    pub(super) fn result(
        &self,
        reason: CompletionReason,
        entries: Vec<Entry>,
        outs: Vec<Option<K::Out>>,
    ) -> BatchResult<K::Value, K::Error> {
        let items = entries.into_iter().zip(outs).map(|(entry, out)| BatchItem {
            index: entry.index,
            name: self.list.name(entry.index),
            result: out.map(K::split),
        });
        BatchResult::new(items.collect(), reason)
    }
}

/// Cancels the waits that abandoned items have open. Not before the batch's record is durable: a replay without it would take a
/// cancelled wait for one that is over.
pub(super) fn abandoned<K: ItemKind>(items: &Items<'_, K>, entries: &[Entry]) {
    let core = &items.batch.here.core;
    let site = items.batch.site;
    let scopes: HashSet<Tag> = entries
        .iter()
        .filter(|entry| entry.ended.is_none())
        .map(|entry| entry.item_key().scope_tag(&items.scope_id, site))
        .collect();
    if !core.cancels_waits || scopes.is_empty() {
        return;
    }
    let mut state = core.state.lock();
    let state = &mut *state;
    let waits = state.history.open_waits_in(|scope| scopes.contains(&scope));
    state.journal.cancel(waits);
}

pub(super) fn unexpected_status(op: &Op, status: OperationStatus) -> ErrorObject {
    ErrorObject::new(
        "UnexpectedStatus",
        format!(
            "{} is recorded as {status}, which no batch ends as",
            op.describe()
        ),
    )
}
