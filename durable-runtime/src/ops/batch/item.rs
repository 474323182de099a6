//! One item of a batch: its context, its body, and its record.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use super::build::ItemFunction;
use super::kind::ItemKind;
use super::list::List;
use crate::codec::Codec;
use crate::current::scoped;
use crate::durable::Tuning;
use crate::identity::ScopeId;
use crate::invocation::op::{Here, Op, OpKind, Snapshot};
use crate::invocation::{Attempt, Urgency};
use crate::ops::context::{not_recordable, too_large};
use crate::ops::step_record::undecodable;
use crate::outcome::{Encoded, Outcome, Recorded};
use crate::replay::ScopeIndex;
use crate::wire::{ErrorObject, OperationStatus, OperationType, OperationUpdate, limits};

/// What all items of a batch have in common.
pub(super) struct Items<'a, K: ItemKind> {
    pub(super) batch: &'a Op,
    /// The scope around the items.
    pub(super) scope: ScopeIndex,
    pub(super) scope_id: ScopeId,
    pub(super) outcome: Outcome<K::Out>,
    pub(super) list: &'a List,
    pub(super) kind: &'static OpKind,
    pub(super) codec: Option<&'a dyn Codec>,
    /// The items have no contexts.
    pub(super) flat: bool,
    /// The batch has finished, and its result is too large to be in one record.
    pub(super) rebuilt: bool,
    /// What the batch's record holds of a value: what the items' codec made of it, instead of its JSON.
    pub(super) keeps_encoded: bool,
    /// The batch has been decided: no item ends any more.
    pub(super) is_over: AtomicBool,
}

/// What the batch's record will hold of an item that ended.
#[derive(Debug)]
pub(super) enum Ended {
    Value(String),
    Error(ErrorObject),
}

/// An item that ended, with the value as it reads back.
pub(super) struct Done<Out> {
    pub(super) out: Out,
    pub(super) ended: Ended,
}

impl<K: ItemKind> Items<'_, K> {
    /// Runs the item at this index to its end. Its record is queued then and not acknowledged: whoever looks at the result of the batch waits for the
    /// batch's own, which is queued behind it. A ghost, which was abandoned, does so only to say again how what it did is undone, and never ends.
    pub(super) async fn run<T>(
        &self,
        function: &dyn ItemFunction<'_, T, K::Out>,
        index: usize,
        item: T,
        ghost: bool,
    ) -> Done<K::Out> {
        let (op, known) = self.reach(index).await;
        let rebuilt = op.with_record(|operation| operation.replay_children()) == Some(true);
        match &known {
            Some(Snapshot {
                status: OperationStatus::Succeeded | OperationStatus::Failed,
                ..
            }) if rebuilt => {}
            Some(Snapshot {
                status: OperationStatus::Succeeded | OperationStatus::Failed,
                ..
            }) => return self.recorded(&op).await,
            Some(_) => {}
            None if self.flat => {}
            None => super::run::start(&op),
        }
        let scope = self.open(&op, index, rebuilt, ghost);
        let site = self.batch.site;
        let body = async {
            let out = function.start(item, index, site).await;
            let encoded = self.outcome.encode(&out);
            let state = op.here.core.state.lock();
            let scope = state.scopes.get(scope);
            (encoded, scope.is_some_and(|scope| scope.lineage.holds()))
        };
        let body = scoped(op.here.core.clone(), scope, body);
        let mut observed = if self.flat {
            Attempt::hidden(&op)
        } else {
            Attempt::context(&op, rebuilt || self.rebuilt)
        };
        let (encoded, holds) = observed.run(body).await;
        if ghost {
            return pending().await;
        }
        let rebuilt = rebuilt || self.rebuilt;
        self.end(&op, observed, encoded, (holds, rebuilt)).await
    }

    /// Records how the item ended, unless that is recorded already. Boxed, because items are polled inside each other.
    fn end<'s>(
        &'s self,
        op: &'s Op,
        observed: Attempt<'s>,
        encoded: Result<Encoded, String>,
        (holds, rebuilt): (bool, bool),
    ) -> Pin<Box<dyn Future<Output = Done<K::Out>> + Send + 's>> {
        Box::pin(async move {
            let done = match encoded {
                Ok(encoded) => self.read_back(op, encoded).await,
                Err(reason) => Err(reason),
            };
            let (recorded, done) = match done {
                Ok(done) => done,
                Err(reason) => {
                    let error = not_recordable(op, &reason);
                    observed.failed(&error);
                    op.here.fail(error).await
                }
            };
            if self.is_over.load(Ordering::Relaxed) {
                return pending().await;
            }
            observed.ended(&recorded);
            if !self.flat && !rebuilt {
                self.record(op, recorded, holds).await;
            }
            done
        })
    }

    /// The batch has been decided. Whether the history holds, or may hold, more of the items than they have come to: then those that run are ghosts from
    /// now on.
    pub(super) fn abandon(&self) -> bool {
        self.is_over.store(true, Ordering::Relaxed);
        let state = &mut *self.batch.here.core.state.lock();
        let around = state.scopes.get(self.scope);
        let lags = around.is_some_and(|around| state.history.open_under(around.context) > 0)
            || !state.decoding.is_empty();
        if lags {
            state.scopes.make_ghosts_in(self.scope);
        }
        lags
    }

    fn open(&self, op: &Op, index: usize, rebuilt: bool, ghost: bool) -> ScopeIndex {
        let scopes = &mut op.here.core.state.lock().scopes;
        let scope = scopes.open_item(
            self.scope,
            self.batch.site,
            u32::try_from(index).unwrap_or(u32::MAX),
            self.list.key(index),
            (!self.flat).then_some(op.place.id),
            rebuilt || self.rebuilt,
        );
        if ghost && let Some(scope) = scopes.get_mut(scope) {
            scope.lineage.make_ghost();
        }
        scope
    }

    /// Boxed for the same reason.
    fn reach(
        &self,
        index: usize,
    ) -> Pin<Box<dyn Future<Output = (Op, Option<Snapshot>)> + Send + '_>> {
        Box::pin(async move {
            let site = self.batch.site;
            let place = self.list.key(index).place(&self.scope_id, site);
            let here = Here {
                core: self.batch.here.core.clone(),
                scope: self.scope,
            };
            if self.flat {
                return (Op::unrecorded(here, place, site, self.kind), None);
            }
            let mut tuning = Tuning::default();
            tuning.set_label(self.list.name(index));
            Op::reach_at(here, place, site, &tuning, self.kind, None).await
        })
    }

    /// What will be recorded, and the value as it reads back.
    async fn read_back(
        &self,
        op: &Op,
        encoded: Encoded,
    ) -> Result<(Encoded, Done<K::Out>), String> {
        match encoded {
            Encoded::Value(json) => {
                let recorded = op.encode_payload(self.codec, json).await?;
                let done = self.decoded(op, &recorded).await?;
                Ok((Encoded::Value(recorded), done))
            }
            Encoded::Error(error) => {
                let out = (self.outcome.decode)(Recorded::Error(&error))?;
                let ended = Ended::Error(error.clone());
                Ok((Encoded::Error(error), Done { out, ended }))
            }
        }
    }

    pub(super) async fn decoded(&self, op: &Op, recorded: &str) -> Result<Done<K::Out>, String> {
        let json = op.decode_payload(self.codec, recorded).await?;
        let out = (self.outcome.decode)(Recorded::Value(&json))?;
        let ended = if self.keeps_encoded {
            recorded.to_owned()
        } else {
            json.into_owned()
        };
        Ok(Done {
            out,
            ended: Ended::Value(ended),
        })
    }

    async fn record(&self, op: &Op, encoded: Encoded, holds: bool) {
        let id = op.id();
        let update = match encoded {
            Encoded::Value(recorded) if recorded.len() > limits::REPLAY_CHILDREN_THRESHOLD => {
                OperationUpdate::succeed(OperationType::Context, id)
                    .with_payload("")
                    .with_replay_children()
            }
            Encoded::Value(recorded) => {
                OperationUpdate::succeed(OperationType::Context, id).with_payload(recorded)
            }
            Encoded::Error(error) if error.size() > limits::ERROR_MAX => {
                op.here.fail(too_large(op, error.size())).await
            }
            Encoded::Error(error) => OperationUpdate::fail(OperationType::Context, id, error),
        };
        // What was registered in an item only the item can register again.
        let update = if holds {
            update.with_replay_children()
        } else {
            update
        };
        op.push(update, Urgency::Now);
    }

    /// An item that ended in an earlier invocation, or before an earlier replay.
    async fn recorded(&self, op: &Op) -> Done<K::Out> {
        let details = op
            .with_record(|operation| operation.context_details.clone())
            .flatten()
            .unwrap_or_default();
        let done = match details.error {
            Some(error) => (self.outcome.decode)(Recorded::Error(&error)).map(|out| Done {
                out,
                ended: Ended::Error(error),
            }),
            None => {
                let recorded = details.result.as_deref().unwrap_or("null");
                self.decoded(op, recorded).await
            }
        };
        match done {
            Ok(done) => done,
            Err(reason) => op.here.fail(undecodable(op, &reason)).await,
        }
    }
}
