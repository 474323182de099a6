//! What `join!`, `try_join!` and `race!` share: branches with scopes of their own, polled side by side in one task, and the
//! decision that is recorded when one of them returns before the others have finished.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use serde::{Deserialize, Serialize};

use super::step_record::undecodable;
use crate::current::{Scoped, scoped};
use crate::durable::{Durable, Tuning};
use crate::invocation::op::{Here, Op, STEP};
use crate::outcome::{decode_json, encode_json};
use crate::replay::{Place, ScopeIndex, Scopes};
use crate::site::Site;
use crate::wire::{OperationStatus, OperationType, OperationUpdate};

/// One branch of a combinator: an operation, its site, and the key that identifies the branch.
#[doc(hidden)]
#[must_use]
#[derive(Debug)]
pub struct Branch<D> {
    durable: D,
    site: &'static Site,
    pub(super) key: &'static str,
}

/// Called by generated code only.
#[doc(hidden)]
pub fn branch<D: Durable + Send>(durable: D, site: &'static Site, key: &'static str) -> Branch<D> {
    Branch { durable, site, key }
}

impl<D: Durable + Send> Branch<D> {
    /// Opens the branch's scope and makes its future.
    pub(super) fn lane(
        self,
        at: &Combinator,
        number: u32,
    ) -> Lane<impl Future<Output = D::Output> + Send + use<D>, D::Output> {
        let chosen = at.chosen.as_deref() == Some(self.key);
        let scope = {
            let mut state = at.here.core.state.lock();
            let scope = state.scopes.open_branch(
                at.here.scope,
                at.site,
                at.place.n,
                (number, self.key),
                chosen,
            );
            if at.ghosts && !chosen {
                make_ghost(&mut state.scopes, scope);
            }
            scope
        };
        let future = self.durable.__operation(self.site, Tuning::default());
        Lane {
            scope,
            future: Some(scoped(at.here.core.clone(), scope, future)),
            output: None,
        }
    }
}

pin_project! {
    /// A branch that runs, or what it returned.
    pub(super) struct Lane<F, T> {
        scope: ScopeIndex,
        #[pin]
        future: Option<Scoped<F>>,
        output: Option<T>,
    }
}

impl<T, F: Future<Output = T>> Lane<F, T> {
    /// Polls the branch if it still runs. Returns whether it has finished.
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return true;
        };
        match future.poll(cx) {
            Poll::Ready(output) => {
                *this.output = Some(output);
                this.future.set(None);
                true
            }
            Poll::Pending => false,
        }
    }

    /// What the branch returned, if it has.
    pub(super) fn output<'a>(self: Pin<&'a mut Self>) -> Option<&'a T>
    where
        F: 'a,
    {
        self.project().output.as_ref()
    }

    /// The branch's scope while it runs. After that it may be another's.
    pub(super) fn running(&self) -> Option<ScopeIndex> {
        self.future.is_some().then_some(self.scope)
    }

    /// Takes what the branch returned.
    pub(super) fn take(self: Pin<&mut Self>) -> Option<T> {
        self.project().output.take()
    }

    /// Drops a branch that lost.
    pub(super) fn abandon(self: Pin<&mut Self>) {
        self.project().future.set(None);
    }
}

/// What is recorded when a combinator returns while a branch is unfinished.
#[derive(Debug, Deserialize, Serialize)]
struct Decision {
    branch: String,
    v: u32,
    /// Steps in the branches can be undone. On a replay the abandoned ones run as far as the history goes, to say so again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    compensations: bool,
}

fn make_ghost(scopes: &mut Scopes, scope: ScopeIndex) {
    if let Some(scope) = scopes.get_mut(scope) {
        scope.lineage.make_ghost();
    }
}

/// A combinator at its place.
pub(super) struct Combinator {
    pub(super) here: Here,
    site: &'static Site,
    place: Place,
    tuning: Tuning,
    chosen: Option<String>,
    /// A START of the decision is recorded.
    started: bool,
    /// The abandoned branches of a recorded decision run as ghosts.
    ghosts: bool,
}

impl Combinator {
    /// The code reaches a combinator. If an earlier invocation recorded its decision, that stands.
    pub(super) async fn reach(site: &'static Site, tuning: Tuning) -> Self {
        let here = Here::get(site);
        let place = here.place(site, &tuning).await;
        let recorded = here
            .core
            .state
            .lock()
            .history
            .get(&place.id)
            .map(|operation| operation.status);
        let mut combinator = Self {
            here,
            site,
            place,
            tuning,
            chosen: None,
            started: recorded.is_some(),
            ghosts: false,
        };
        if recorded.is_none() {
            return combinator;
        }
        let op = combinator.op().await;
        if recorded == Some(OperationStatus::Started) {
            // Its START is there and its result is not: nobody has seen a decision, so none was made.
            return combinator;
        }
        let recorded = op
            .with_record(|operation| operation.result().map(decode_json::<Decision>))
            .flatten();
        let decision = match recorded {
            Some(Ok(decision)) if decision.v == 1 => decision,
            Some(Ok(decision)) => {
                let reason = format!("its version is {}, and this build knows 1", decision.v);
                op.here.fail(undecodable(&op, &reason)).await
            }
            Some(Err(reason)) => op.here.fail(undecodable(&op, &reason)).await,
            None => op.here.fail(undecodable(&op, "the record is empty")).await,
        };
        combinator.abandon_others();
        combinator.ghosts = decision.compensations;
        combinator.chosen = Some(decision.branch);
        combinator
    }

    async fn op(&self) -> Op {
        let (op, _) = Op::reach_at(
            self.here.clone(),
            self.place,
            self.site,
            &self.tuning,
            &STEP,
            Some(self.site.key),
        )
        .await;
        op
    }

    /// Whether the branches that an earlier invocation abandoned are polled too.
    pub(super) fn has_ghosts(&self) -> bool {
        self.ghosts
    }

    /// The branches that still run, with these scopes, are over. Until they are dropped they go on as ghosts.
    pub(super) fn make_ghosts(&self, running: &[Option<ScopeIndex>]) {
        let mut state = self.here.core.state.lock();
        for scope in running.iter().flatten() {
            make_ghost(&mut state.scopes, *scope);
        }
    }

    /// Whether branches may not have come as far as the history: it holds more than the code has reached, or a codec still reads what it holds. What they
    /// did counts when it is to be undone, so a decision waits for them.
    pub(super) fn lags(&self) -> bool {
        let state = self.here.core.state.lock();
        let scope = state.scopes.get(self.here.scope);
        scope.is_some_and(|scope| state.history.open_under(scope.context) > 0)
            || state.ghost_reads()
    }

    /// Whether every ghost, after it was polled, has come as far as it can.
    pub(super) fn is_settled(&self, cx: &Context<'_>) -> bool {
        self.here.core.state.lock().is_settled(cx)
    }

    /// The branch that an earlier invocation decided for.
    pub(super) fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    /// The number of the branch that an earlier replay decided for.
    pub(super) async fn chosen_branch(&self, keys: &[&'static str]) -> Option<usize> {
        let chosen = self.chosen()?;
        let Some(number) = keys.iter().position(|key| *key == chosen) else {
            let why = format!(
                "its record says that branch `{chosen}` decided, and there is no such branch"
            );
            self.diverged(&why).await
        };
        // In case that nobody came to it after the decision was recorded.
        self.cancel_waits(keys.iter().filter(|key| **key != chosen));
        Some(number)
    }

    /// Records belonging to the other branches are nobody's from now on.
    fn abandon_others(&self) {
        let mut state = self.here.core.state.lock();
        let Some(real) = state.scopes.get(self.here.scope).map(|scope| scope.real) else {
            return;
        };
        if let Some(real) = state.scopes.get_mut(real)
            && !real.decided.contains(&self.site.slot)
        {
            real.decided.push(self.site.slot);
        }
    }

    /// Records that the branch with number `winner` decided; its result may be observed when this returns. The others were dropped before.
    pub(super) async fn decide(&self, keys: &[&'static str], winner: usize) {
        let op = self.op().await;
        self.abandon_others();
        let branch = keys.get(winner).copied().unwrap_or_default();
        let compensations = {
            let state = self.here.core.state.lock();
            let scope = state.scopes.get(self.here.scope);
            scope.is_some_and(|scope| scope.lineage.holds_at(self.site.slot))
        };
        let decision = Decision {
            v: 1,
            branch: branch.to_owned(),
            compensations,
        };
        // A number, a flag and text: there is nothing in it that JSON has no form for.
        let decision = encode_json(&decision).unwrap_or_default();
        let update = OperationUpdate::succeed(OperationType::Step, op.id()).with_payload(decision);
        if self.started {
            op.write(update).await;
        } else {
            let start = OperationUpdate::start(OperationType::Step, op.id());
            op.write_pair(start, update).await;
        }
        // Not before the decision is durable: a replay without it would take a cancelled wait for one that is over.
        self.cancel_waits(keys.iter().filter(|key| **key != branch));
    }

    /// Cancels the waits that the branches with these keys have open. What the history says decides which, and not what is in memory, so that
    /// a workflow that stayed in memory and one that replayed do the same.
    fn cancel_waits<'a>(&self, keys: impl Iterator<Item = &'a &'static str>) {
        if !self.here.core.cancels_waits {
            return;
        }
        let mut state = self.here.core.state.lock();
        let state = &mut *state;
        for key in keys {
            let n = self.place.n;
            let Some(scope) = state.scopes.branch_tag(self.here.scope, self.site, n, key) else {
                continue;
            };
            let waits = state.history.open_waits_in(|tag| tag == scope);
            state.journal.cancel(waits);
        }
    }

    /// The recorded decision names a branch that the code doesn't have, or one that can't have decided.
    pub(super) async fn diverged(&self, why: &str) -> ! {
        let op = self.op().await;
        let divergence = crate::replay::Divergence::decision(op.definition(), self.site, why);
        self.here.diverge(op.definition(), divergence).await
    }
}
