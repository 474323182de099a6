//! [`Sagas`]: the compensations that are registered, for each workflow that runs.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::lineage::{Lineage, Rescue};
use crate::codec::Codec;
use crate::identity::{OperationId, ScopeId, marked};
use crate::invocation::op::{Here, Op};
use crate::replay::{Place, ScopeIndex, Scopes};
use crate::site::{Definition, Site};
use crate::wire::ErrorObject;

/// A compensation that runs.
pub(crate) type UndoFuture = Pin<Box<dyn Future<Output = Result<(), ErrorObject>> + Send>>;

/// Makes a compensation of a step's recorded value; the reason when that doesn't read back.
pub(crate) type Undo = Box<dyn FnOnce(&str, &'static Site) -> Result<UndoFuture, String> + Send>;

/// A step that was come to, and how what it did is undone.
pub(crate) struct Registered {
    order: Vec<u32>,
    pub(super) place: Place,
    pub(super) site: &'static Site,
    pub(super) definition: &'static Definition,
    pub(super) name: String,
    pub(super) codec: Option<Arc<dyn Codec>>,
    pub(super) undo: Undo,
    scope: ScopeId,
    /// The step stands in a helper.
    in_helper: bool,
    path: Vec<(u32, u32)>,
    key: String,
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("name", &self.name)
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

/// What is registered, by the scope of the workflow that will undo it.
#[derive(Debug, Default)]
pub(crate) struct Sagas(HashMap<ScopeIndex, Vec<Registered>>);

impl Sagas {
    /// Everything that the workflow in this scope would undo.
    pub(crate) fn take(&mut self, workflow: ScopeIndex) -> Vec<Registered> {
        self.0.remove(&workflow).unwrap_or_default()
    }

    /// Puts what is to be undone in order: what was done last comes last.
    pub(super) fn sort(&mut self, workflow: ScopeIndex) {
        if let Some(registered) = self.0.get_mut(&workflow) {
            registered.sort_by(|a, b| a.order.cmp(&b.order));
        }
    }

    /// The last of what is to be undone.
    pub(super) fn pop(&mut self, workflow: ScopeIndex) -> Option<Registered> {
        self.0.get_mut(&workflow)?.pop()
    }
}

impl Op {
    /// The code came to a step that can be undone. Says so before the step has run: what counts is that the history has its success when it is to be
    /// undone.
    pub(crate) fn register(
        &self,
        undo: Undo,
        name: String,
        key: &str,
        codec: Option<Arc<dyn Codec>>,
    ) {
        let Here { core, scope } = &self.here;
        let mut state = core.state.lock();
        let scopes = &mut state.scopes;
        let Some(at) = scopes.get_mut(*scope) else {
            return;
        };
        let Some(workflow) = at.lineage.workflow() else {
            // Inside a compensation. The closure is the user's: it is not dropped under the lock.
            drop(state);
            return drop(undo);
        };
        let registered = Registered {
            order: at.lineage.next(),
            place: self.place,
            site: self.site,
            definition: at.definition,
            name,
            codec,
            undo,
            scope: at.id,
            in_helper: at.in_helper,
            path: at.path.clone(),
            key: key.to_owned(),
        };
        scopes.sagas.0.entry(workflow).or_default().push(registered);
        mark(scopes, *scope);
    }
}

/// Something is registered in this scope: notes it in all scopes around.
fn mark(scopes: &mut Scopes, scope: ScopeIndex) {
    let mut at = scope;
    let mut same_workflow = true;
    while let Some(scope) = scopes.get_mut(at) {
        scope.lineage.holds |= same_workflow;
        same_workflow &= !scope.lineage.begins_workflow();
        let Some((outer, site)) = scope.outer else {
            break;
        };
        if let Some(around) = scopes.get_mut(outer)
            && !around.lineage.holds_at(site.slot)
        {
            around.lineage.holding.push(site.slot);
        }
        at = outer;
    }
}

impl Scopes {
    /// Whether this scope is an abandoned branch, or lies in one.
    pub(crate) fn is_ghost(&self, scope: ScopeIndex) -> bool {
        let mut at = Some(scope);
        while let Some(scope) = at.and_then(|at| self.get(at)) {
            if scope.lineage.is_ghost() {
                return true;
            }
            at = scope.outer.map(|(outer, _)| outer);
        }
        false
    }

    /// The scopes that stand open directly in this one are those of abandoned branches.
    pub(crate) fn make_ghosts_in(&mut self, around: ScopeIndex) {
        for scope in self.open_in(around) {
            if let Some(scope) = self.get_mut(scope) {
                scope.lineage.make_ghost();
            }
        }
    }

    /// A scope was dropped before its code returned. A workflow can't undo any more what it did then: the one that dropped it will, should it fail.
    pub(crate) fn hand_over(&mut self, scope: ScopeIndex) -> Vec<Registered> {
        let Some(dropped) = self.get(scope) else {
            return Vec::new();
        };
        if !dropped.lineage.begins_workflow() {
            return Vec::new();
        }
        let outer = dropped.outer.map(|(outer, _)| outer);
        let registered = self.sagas.take(scope);
        if registered.is_empty() {
            return registered;
        }
        let heir = outer.and_then(|outer| self.get(outer)?.lineage.workflow());
        let (Some(outer), Some(heir)) = (outer, heir) else {
            return registered;
        };
        self.sagas.0.entry(heir).or_default().extend(registered);
        mark(self, outer);
        Vec::new()
    }

    /// Opens the scope that a compensation runs in: virtual, in the workflow that undoes, with an id that follows from the step's.
    pub(super) fn open_compensation(
        &mut self,
        workflow: ScopeIndex,
        step: &Registered,
        rescue: Rescue,
    ) -> ScopeIndex {
        // A bare word is no JSON, so no `.keyed(..)` meets it.
        let key = format!("compensate{}", step.key);
        let id = OperationId::derive_scope(&step.scope, &step.site.id, &key, step.place.n.into());
        let id = if step.in_helper { marked(id) } else { id };
        self.open_virtual(
            workflow,
            &AT_THE_END,
            id,
            step.definition,
            step.path.clone(),
            Lineage::of_compensation(rescue),
        )
    }
}

/// Where the code of a workflow stands while it undoes what it did: behind everything in its text.
static AT_THE_END: Site = Site {
    id: [0xff; 16],
    key: "compensate",
    slot: u32::MAX,
    line: 0,
    order: u32::MAX,
    loops: &[],
    branches: &[],
    floating: false,
    closures: 0,
    flat: false,
};
