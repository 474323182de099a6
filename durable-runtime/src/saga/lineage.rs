//! [`Lineage`]: what a scope knows about the workflow around it.

use std::sync::Arc;
use std::task::{Context, Waker};

use crate::invocation::{Core, State};
use crate::lock::Mutex;
use crate::replay::ScopeIndex;
use crate::wire::ErrorObject;

/// Where a scope stands in its execution, as far as compensations ask.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    /// How many scopes and compensations came before, in each of the scopes around, outermost first.
    order: Vec<u32>,
    /// How many have come here.
    count: u32,
    /// The scope of the workflow that undoes what is done here. `None` inside a compensation, which nobody undoes.
    workflow: Option<ScopeIndex>,
    begins_workflow: bool,
    compensates: bool,
    /// An item's index: items run in any order, and are undone in that of the list.
    item: Option<u32>,
    /// Something is registered here, or in a scope inside that belongs to the same workflow.
    pub(super) holds: bool,
    /// Slots of the sites in this scope whose inner scopes something is registered in, whichever workflow's.
    pub(super) holding: Vec<u32>,
    ghost: bool,
    rescue: Option<Rescue>,
}

/// Where a failure ends that would otherwise end the execution: in a compensation the next one must still run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rescue(Arc<Mutex<Option<ErrorObject>>>);

impl Rescue {
    pub(crate) fn set(&self, error: ErrorObject) {
        self.0.lock().get_or_insert(error);
    }

    pub(super) fn take(&self) -> Option<ErrorObject> {
        self.0.lock().take()
    }
}

impl Lineage {
    /// Of the execution's own scope.
    pub(crate) fn root(scope: ScopeIndex) -> Self {
        Self {
            workflow: Some(scope),
            begins_workflow: true,
            ..Self::default()
        }
    }

    /// Of the scope of a workflow that another one calls; `None`: of any other scope.
    pub(crate) fn of<D>(definition: Option<D>) -> Self {
        Self {
            begins_workflow: definition.is_some(),
            ..Self::default()
        }
    }

    /// Of the scope of an item of a batch.
    pub(crate) fn of_item(index: u32) -> Self {
        Self {
            item: Some(index),
            ..Self::default()
        }
    }

    pub(super) fn of_compensation(rescue: Rescue) -> Self {
        Self {
            compensates: true,
            rescue: Some(rescue),
            ..Self::default()
        }
    }

    /// The place of what comes next in this scope.
    pub(super) fn next(&mut self) -> Vec<u32> {
        let mut order = self.order.clone();
        order.push(self.count);
        self.count += 1;
        order
    }

    /// This one, opened in a scope with lineage `around` as number `own`.
    pub(crate) fn inside(mut self, around: &mut Self, own: ScopeIndex) -> Self {
        self.order = match self.item {
            Some(index) => around.order.iter().copied().chain([index]).collect(),
            None => around.next(),
        };
        self.workflow = match (&self.rescue, self.begins_workflow) {
            (_, true) => Some(own),
            (Some(_), _) => None,
            (None, false) => around.workflow,
        };
        if self.rescue.is_none() {
            self.rescue.clone_from(&around.rescue);
        }
        self
    }

    pub(crate) fn workflow(&self) -> Option<ScopeIndex> {
        self.workflow
    }

    pub(crate) fn begins_workflow(&self) -> bool {
        self.begins_workflow
    }

    /// The scope of a compensation: what else its workflow's history holds is not its to come to.
    pub(crate) fn compensates(&self) -> bool {
        self.compensates
    }

    /// Whether something is registered that only running the code here again can register again.
    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// Whether something is registered in a scope that the site with this slot opened.
    pub(crate) fn holds_at(&self, slot: u32) -> bool {
        self.holding.contains(&slot)
    }

    /// A branch that was abandoned, which runs on only to register what the history says it did: it goes as far as that, and changes nothing.
    pub(crate) fn is_ghost(&self) -> bool {
        self.ghost
    }

    pub(crate) fn make_ghost(&mut self) {
        self.ghost = true;
    }

    pub(crate) fn rescue(&self) -> Option<Rescue> {
        self.rescue.clone()
    }
}

impl State {
    /// Whether a codec reads for an abandoned branch what the history holds of it: the branch may come to more.
    pub(crate) fn ghost_reads(&self) -> bool {
        let mut decoding = self.decoding.iter();
        decoding.any(|scope| self.scopes.is_ghost(*scope))
    }

    /// Whether no codec reads for an abandoned branch. If one does, wherever it stands, `cx` is woken when that is over.
    pub(crate) fn is_settled(&mut self, cx: &Context<'_>) -> bool {
        if !self.ghost_reads() {
            return true;
        }
        if !self.settling.iter().any(|at| at.will_wake(cx.waker())) {
            self.settling.push(cx.waker().clone());
        }
        false
    }
}

/// A codec reads a record: the code in this scope has not come as far as the history yet.
pub(crate) struct Decoding<'a> {
    core: &'a Core,
    scope: ScopeIndex,
}

impl<'a> Decoding<'a> {
    pub(crate) fn begin(core: &'a Core, scope: ScopeIndex) -> Self {
        core.state.lock().decoding.push(scope);
        Self { core, scope }
    }
}

impl Drop for Decoding<'_> {
    fn drop(&mut self) {
        let mut state = self.core.state.lock();
        let at = state.decoding.iter().position(|scope| *scope == self.scope);
        if let Some(at) = at {
            state.decoding.swap_remove(at);
        }
        if state.settling.is_empty() || state.ghost_reads() {
            return;
        }
        let settling = std::mem::take(&mut state.settling);
        state.touch();
        drop(state);
        settling.iter().for_each(Waker::wake_by_ref);
    }
}
