//! [`Op`]: one durable operation, as the code in `ops/` sees it.

use std::future::pending;

use smol_str::SmolStr;

pub(crate) use super::here::Here;
use super::journal::{Sequence, Urgency};
pub(crate) use super::kind::*;
pub(crate) use super::snapshot::Snapshot;
use super::waiting::{ParkedOn, Written};
use crate::durable::Tuning;
use crate::identity::{Kind, OperationId, ROOT_SCOPE, ScopeId, derive};
use crate::replay::{Divergence, Place, check_new};
use crate::site::{Definition, OnDivergence, Site};
use crate::wire::{
    Operation, OperationAction, OperationStatus, OperationType, OperationUpdate, Timestamp,
};

/// One operation of the running workflow.
#[derive(Clone)]
pub(crate) struct Op {
    pub(crate) here: Here,
    pub(crate) site: &'static Site,
    pub(crate) place: Place,
    pub(crate) kind: &'static OpKind,
    definition: &'static Definition,
    parent: Option<OperationId>,
    name: Option<SmolStr>,
}

impl Op {
    /// The code reaches an operation: finds its id, checks it against the history. Returns what was recorded, if anything; never, where it doesn't fit, and
    /// where the history ends and is only replayed.
    pub(crate) async fn reach(
        site: &'static Site,
        tuning: &Tuning,
        kind: &'static OpKind,
        default_name: Option<&str>,
    ) -> (Self, Option<Snapshot>) {
        let here = Here::get(site);
        let place = here.place(site, tuning).await;
        Self::reach_at(here, place, site, tuning, kind, default_name).await
    }

    pub(crate) async fn reach_at(
        here: Here,
        place: Place,
        site: &'static Site,
        tuning: &Tuning,
        kind: &'static OpKind,
        default_name: Option<&str>,
    ) -> (Self, Option<Snapshot>) {
        if Self::ends_ghost(&here, place) {
            return pending().await;
        }
        match Self::look_up(&here, place, site, kind) {
            Ok((definition, parent, recorded)) => {
                let (name, snapshot) = match recorded {
                    Some((name, snapshot)) => {
                        if let Some(hooks) = &here.core.hooks {
                            hooks.reached(&here.core, place.id);
                        }
                        (name, Some(snapshot))
                    }
                    None => (tuning.display_name(default_name), None),
                };
                if place.n > 0 && snapshot.is_none() && tuning.has_key() {
                    tracing::warn!(
                        site = site.key,
                        n = place.n,
                        "a key was used again in the same scope; give each item its own"
                    );
                }
                (
                    Self {
                        here,
                        site,
                        place,
                        kind,
                        definition,
                        parent,
                        name,
                    },
                    snapshot,
                )
            }
            Err((definition, divergence)) => here.diverge(definition, divergence).await,
        }
    }

    /// An operation that is recorded and done with, for what is to be done about it.
    pub(crate) fn recorded(
        here: Here,
        site: &'static Site,
        place: Place,
        kind: &'static OpKind,
        definition: &'static Definition,
    ) -> Self {
        Self {
            here,
            site,
            place,
            kind,
            definition,
            parent: None,
            name: None,
        }
    }

    /// A ghost ends where the history does: at what has no record, and at what has not ended. A context that has not ended is looked into; a callback that is
    /// open lets the code go on to where it waits for it.
    fn ends_ghost(here: &Here, place: Place) -> bool {
        let state = here.core.state.lock();
        state.scopes.is_ghost(here.scope)
            && state.history.get(&place.id).is_none_or(|operation| {
                let open = !operation.status.is_terminal();
                let passes = matches!(
                    operation.operation_type,
                    OperationType::Context | OperationType::Callback
                );
                open && !passes
            })
    }

    #[expect(
        clippy::type_complexity,
        reason = "a private helper's result, taken apart at once"
    )]
    fn look_up(
        here: &Here,
        place: Place,
        site: &'static Site,
        kind: &'static OpKind,
    ) -> Result<
        (
            &'static Definition,
            Option<OperationId>,
            Option<(Option<SmolStr>, Snapshot)>,
        ),
        (&'static Definition, Option<Divergence>),
    > {
        let mut state = here.core.state.lock();
        let state = &mut *state;
        let Some(scope) = state.scopes.get(here.scope) else {
            return Err((&NO_DEFINITION, Some(Divergence::closed(site))));
        };
        let (definition, parent) = (scope.definition, scope.context);
        if let Some(operation) = state.history.reach(&place.id) {
            let fits = operation.operation_type == kind.operation_type
                && operation
                    .sub_type
                    .as_ref()
                    .is_none_or(|sub_type| *sub_type == kind.sub_type);
            if !fits {
                let divergence = Divergence::kind(definition, site, operation, kind.label);
                return Err((definition, Some(divergence)));
            }
            let runs =
                kind.operation_type == OperationType::Step && !operation.status.is_terminal();
            if here.core.replay_only && runs {
                state.held.push(describe(kind, site, definition));
                state.stands.push((here.scope, site));
                return Err((definition, None));
            }
            // A name is only for updates, and what has ended gets none.
            let name = (!operation.status.is_terminal())
                .then(|| operation.name.clone())
                .flatten();
            return Ok((definition, parent, Some((name, Snapshot::of(operation)))));
        }
        check_new(&mut state.history, &mut state.scopes, here.scope, site)
            .map_err(|divergence| (definition, Some(divergence)))?;
        if here.core.replay_only {
            state.held.push(describe(kind, site, definition));
            return Err((definition, None));
        }
        Ok((definition, parent, None))
    }

    /// What is no operation on the wire but has a place: for its id and for messages.
    pub(crate) fn unrecorded(
        here: Here,
        place: Place,
        site: &'static Site,
        kind: &'static OpKind,
    ) -> Self {
        let definition = {
            let state = here.core.state.lock();
            let scope = state.scopes.get(here.scope);
            scope.map_or(&NO_DEFINITION, |scope| scope.definition)
        };
        Self::recorded(here, site, place, kind, definition)
    }

    /// The id of the scope inside, where this is a CONTEXT; `key` is the operation's own.
    pub(crate) fn context_scope(&self, key: &str) -> ScopeId {
        let state = self.here.core.state.lock();
        let around = state.scopes.get(self.here.scope);
        around.map_or(ROOT_SCOPE, |around| {
            derive(
                Kind::Context,
                &around.id,
                &self.site.id,
                key,
                u64::from(self.place.n),
            )
        })
    }

    /// For messages: what and where.
    pub(crate) fn describe(&self) -> String {
        describe(self.kind, self.site, self.definition)
    }

    /// The same for text that is recorded or shown to others: what, but not where.
    pub(crate) fn kind_and_key(&self) -> String {
        format!("{} `{}`", self.kind.label, self.site.key)
    }

    /// The workflow it is a part of, where its text may be a helper's.
    pub(crate) fn workflow(&self) -> &'static Definition {
        if !self.definition.is_helper() {
            return self.definition;
        }
        let state = self.here.core.state.lock();
        let scope = state.scopes.get(self.here.scope);
        scope.map_or(self.definition, |scope| scope.workflow)
    }

    /// While the history is only replayed: what comes next would be recorded. Never returns.
    pub(crate) async fn hold(&self) -> ! {
        self.here.core.state.lock().held.push(self.describe());
        match pending::<std::convert::Infallible>().await {}
    }

    /// Where it stands.
    pub(crate) const fn site(&self) -> &'static Site {
        self.site
    }

    pub(crate) fn definition(&self) -> &'static Definition {
        self.definition
    }

    /// The displayed name.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.site.key)
    }

    /// What is known of the operation now.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        self.here
            .core
            .state
            .lock()
            .history
            .get(&self.place.id)
            .map(Snapshot::of)
    }

    /// Works on the operation's record with `f`.
    pub(crate) fn with_record<T>(&self, f: impl FnOnce(&mut Operation) -> T) -> Option<T> {
        self.here
            .core
            .state
            .lock()
            .history
            .get_mut(&self.place.id)
            .map(f)
    }

    /// Completes an update with what every update of the operation repeats: SubType, Name, ParentId.
    pub(crate) fn update(&self, update: OperationUpdate) -> OperationUpdate {
        let mut update = update.with_sub_type(self.kind.sub_type.clone());
        if let Some(name) = &self.name {
            update = update.with_name(name.clone());
        }
        if let Some(parent) = &self.parent {
            update = update.with_parent(parent.to_text());
        }
        update
    }

    /// The operation's id as on the wire.
    pub(crate) fn id(&self) -> String {
        self.place.id.to_text()
    }

    pub(crate) fn push(&self, update: OperationUpdate, urgency: Urgency) -> Sequence {
        if self.here.is_ghost() {
            return NEVER;
        }
        if self.here.core.replay_only {
            self.here.core.state.lock().held.push(self.describe());
            return NEVER;
        }
        let update = self.update(update);
        self.tell_start(&update);
        self.here
            .core
            .state
            .lock()
            .push(self.here.scope, update, urgency)
    }

    /// Plugins hear of an operation just before its START is queued.
    fn tell_start(&self, update: &OperationUpdate) {
        if let Some(hooks) = &self.here.core.hooks
            && update.action == OperationAction::Start
        {
            hooks.starting(&self.here.core, self.place.id, update);
        }
    }

    /// What is queued leaves with the next call, whatever its urgency was.
    pub(crate) fn hasten(&self) {
        self.here.core.state.lock().journal.hasten();
    }

    /// Pushes, and waits until the service has it.
    pub(crate) async fn write(&self, update: OperationUpdate) {
        let sequence = self.push(update, Urgency::Now);
        self.written(sequence).await;
    }

    /// Pushes two updates that travel in one call, and waits until the service has them.
    pub(crate) async fn write_pair(&self, first: OperationUpdate, second: OperationUpdate) {
        if self.here.is_ghost() {
            return self.written(NEVER).await;
        }
        if self.here.core.replay_only {
            self.here.core.state.lock().held.push(self.describe());
            return self.written(NEVER).await;
        }
        let (first, second) = (self.update(first), self.update(second));
        self.tell_start(&first);
        let sequence =
            self.here
                .core
                .state
                .lock()
                .journal
                .push_pair(self.here.scope, first, second);
        self.written(sequence).await;
    }

    pub(crate) fn written(&self, sequence: Sequence) -> Written<'_> {
        Written {
            core: &self.here.core,
            sequence,
        }
    }

    /// Parks until the service has moved the operation out of `status`.
    pub(crate) fn parked(&self, status: OperationStatus, due: Option<Timestamp>) -> ParkedOn<'_> {
        ParkedOn {
            op: self,
            status,
            due,
            registered: false,
            spanned: false,
        }
    }
}

fn describe(kind: &OpKind, site: &Site, definition: &Definition) -> String {
    format!(
        "{} `{}` ({}:{})",
        kind.label,
        site.key,
        definition.file(),
        site.line
    )
}

/// The number of no update: what a ghost would write is never acknowledged.
const NEVER: Sequence = Sequence::MAX;

/// Stands in where a scope's own definition is gone.
static NO_DEFINITION: Definition = Definition::__new("", "", &[], 0, OnDivergence::Retry);
