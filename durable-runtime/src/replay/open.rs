//! How scopes open.

use super::item::ItemKey;
use super::scope::{Place, Scope, ScopeIndex, Scopes};
use crate::identity::{Kind, OperationId, ScopeId, derive, marked};
use crate::saga::Lineage;
use crate::site::{Definition, Site};

impl Scopes {
    /// Opens the scope inside the CONTEXT that stands at `site`. An inline child shares its parent's text, and so its table
    /// and its path; a child workflow has its own.
    pub(crate) fn open_context(
        &mut self,
        parent: ScopeIndex,
        site: &'static Site,
        key: &str,
        place: Place,
        definition: Option<&'static Definition>,
        rebuilt: bool,
    ) -> ScopeIndex {
        let Some(mut scope) = self.context_in(parent, site, key, place, definition) else {
            return parent;
        };
        scope.context = Some(place.id);
        scope.flat = false;
        scope.in_helper = false;
        scope.chosen |= rebuilt;
        self.insert_real(scope)
    }

    /// Opens the scope of a child that has no CONTEXT of its own.
    pub(crate) fn open_flat(
        &mut self,
        parent: ScopeIndex,
        site: &'static Site,
        key: &str,
        place: Place,
        definition: Option<&'static Definition>,
    ) -> ScopeIndex {
        let Some(mut scope) = self.context_in(parent, site, key, place, definition) else {
            return parent;
        };
        scope.flat = true;
        if scope.in_helper {
            scope.id = marked(scope.id);
        }
        self.insert(scope)
    }

    /// Opens the virtual scope of a helper that is called at `site` for the `n`th time under this key. Its operations are in a table of its own, and
    /// what it registers is its caller's.
    pub(crate) fn open_helper(
        &mut self,
        parent: ScopeIndex,
        site: &'static Site,
        key: &str,
        n: u32,
        definition: &'static Definition,
    ) -> ScopeIndex {
        let Some(around) = self.get(parent) else {
            return parent;
        };
        let id = derive(Kind::Helper, &around.id, &site.id, key, u64::from(n));
        let mut scope = around.inside(parent, site, marked(id));
        scope.definition = definition;
        scope.path = Vec::new();
        scope.closures = 0;
        scope.depth += 1;
        scope.in_helper = true;
        // What lies beside it in its context is its caller's, and is looked at there.
        scope.flat = true;
        self.insert(scope)
    }

    fn context_in(
        &self,
        parent: ScopeIndex,
        site: &'static Site,
        key: &str,
        place: Place,
        definition: Option<&'static Definition>,
    ) -> Option<Scope> {
        let around = self.get(parent)?;
        let id = derive(Kind::Context, &around.id, &site.id, key, u64::from(place.n));
        let mut scope = around.inside(parent, site, id);
        scope.lineage = Lineage::of(definition);
        scope.depth += 1;
        match definition {
            Some(definition) => {
                scope.definition = definition;
                scope.workflow = definition;
                scope.path = Vec::new();
                scope.closures = 0;
            }
            None => scope.closures += 1,
        }
        Some(scope)
    }

    /// Opens the scope inside the CONTEXT around a batch.
    pub(crate) fn open_batch(
        &mut self,
        parent: ScopeIndex,
        site: &'static Site,
        key: &str,
        place: Place,
        rebuilt: bool,
    ) -> ScopeIndex {
        let Some(mut scope) = self.context_in(parent, site, key, place, None) else {
            return parent;
        };
        scope.context = Some(place.id);
        scope.flat = false;
        scope.in_helper = false;
        scope.chosen |= rebuilt;
        // The closure is the items', not the batch's.
        scope.closures = scope.closures.saturating_sub(1);
        scope.gone = Some(Vec::new());
        self.insert_real(scope)
    }

    /// Opens the scope of the item at `index` of the batch whose scope is `batch`. `operation` is the item's CONTEXT; without one the scope is virtual.
    pub(crate) fn open_item(
        &mut self,
        batch: ScopeIndex,
        site: &'static Site,
        index: u32,
        item: ItemKey<'_>,
        operation: Option<OperationId>,
        rebuilt: bool,
    ) -> ScopeIndex {
        let Some(around) = self.get(batch) else {
            return batch;
        };
        let mut scope = around.inside(batch, site, item.scope_id(&around.id, site));
        scope.lineage = Lineage::of_item(index);
        scope.chosen |= rebuilt;
        scope.depth += 1;
        scope.closures += 1;
        match operation {
            Some(_) => {
                scope.context = operation;
                self.insert_real(scope)
            }
            None => {
                scope.flat = true;
                self.insert(scope)
            }
        }
    }

    /// Opens the virtual scope of one branch of the combinator at `site`, reached for the `n`th time.
    pub(crate) fn open_branch(
        &mut self,
        parent: ScopeIndex,
        site: &'static Site,
        n: u32,
        branch: (u32, &str),
        chosen: bool,
    ) -> ScopeIndex {
        let (number, key) = branch;
        let Some(around) = self.get(parent) else {
            return parent;
        };
        let id = derive(Kind::Branch, &around.id, &site.id, key, u64::from(n));
        let id = around.virtual_id(id);
        let mut scope = around.inside(parent, site, id);
        scope.path.push((site.slot, number));
        scope.chosen |= chosen;
        self.insert(scope)
    }

    /// Opens a virtual scope that belongs to no site's own text, with this id.
    pub(crate) fn open_virtual(
        &mut self,
        parent: ScopeIndex,
        site: &'static Site,
        id: ScopeId,
        definition: &'static Definition,
        path: Vec<(u32, u32)>,
        lineage: Lineage,
    ) -> ScopeIndex {
        let Some(around) = self.get(parent) else {
            return parent;
        };
        let mut scope = around.inside(parent, site, id);
        scope.definition = definition;
        scope.path = path;
        scope.lineage = lineage;
        self.insert(scope)
    }

    /// A scope with a CONTEXT of its own.
    fn insert_real(&mut self, scope: Scope) -> ScopeIndex {
        let index = self.insert(scope);
        if let Some(scope) = self.get_mut(index) {
            scope.real = index;
        }
        index
    }
}
