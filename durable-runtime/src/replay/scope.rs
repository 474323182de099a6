//! Scopes: where sites are counted, and how an operation's id follows from where the code stands.

use std::collections::{HashMap, HashSet};

use crate::identity::{Kind, OperationId, ROOT_SCOPE, ScopeId, Tag, derive, marked, tag};
use crate::saga::{Lineage, Sagas};
use crate::site::{Definition, Site};

/// The number of a scope in its invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeIndex(u32);

/// The execution's own scope is always the first.
pub(crate) const ROOT: ScopeIndex = ScopeIndex(0);

/// One scope: the execution, the inside of a CONTEXT, or (virtual) one branch of a combinator.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) id: ScopeId,
    pub(crate) definition: &'static Definition,
    /// The nearest CONTEXT around: what operations in here carry as ParentId.
    pub(crate) context: Option<OperationId>,
    /// The nearest scope that exists on the wire: this one, unless it is virtual.
    pub(crate) real: ScopeIndex,
    /// The scope around this one, and the site there that opened it: where the code around stands meanwhile.
    pub(crate) outer: Option<(ScopeIndex, &'static Site)>,
    /// The combinator branches around, outermost first, as in [`Site::branches`].
    pub(crate) path: Vec<(u32, u32)>,
    /// Slots of combinators in this context whose decision was followed: their other branches are abandoned (kept in the real scope).
    pub(crate) decided: Vec<u32>,
    /// Inside what had finished: the branch that a recorded decision chose, or a child whose result is being rebuilt. Everything here was recorded
    /// before.
    pub(crate) chosen: bool,
    /// How many CONTEXTs are around.
    pub(crate) depth: u32,
    /// How many closures of the workflow's text are around, as in [`Site::closures`].
    pub(crate) closures: u32,
    /// In a scope that has no CONTEXT of its own and shares one with others of its kind: an item of a flat map, a flat child.
    pub(crate) flat: bool,
    /// In a helper, or in a virtual scope inside one: its id and those of the virtual scopes inside it have the mark of helpers.
    pub(crate) in_helper: bool,
    /// The workflow it is a part of, which is not the one whose text this is where that is a helper's: its codec is used, and what it wants done about
    /// divergence.
    pub(crate) workflow: &'static Definition,
    /// Around the items of a batch, which run side by side: the recorded items that its list no longer has, described.
    pub(crate) gone: Option<Vec<String>>,
    /// Its place among what may have to be undone.
    pub(crate) lineage: Lineage,
    /// A new operation was started here: replay is over (kept in the real scope).
    pub(crate) live: bool,
    counters: Vec<u32>,
    keyed: HashMap<(u32, String), u32>,
    values: u32,
}

impl Scope {
    /// The id of a virtual scope in this one.
    pub(super) fn virtual_id(&self, id: ScopeId) -> ScopeId {
        if self.in_helper { marked(id) } else { id }
    }

    /// A virtual scope in this one, opened at `site`.
    pub(super) fn inside(&self, own: ScopeIndex, site: &'static Site, id: ScopeId) -> Self {
        Self {
            id,
            definition: self.definition,
            context: self.context,
            real: self.real,
            outer: Some((own, site)),
            path: self.path.clone(),
            decided: Vec::new(),
            chosen: self.chosen,
            depth: self.depth,
            closures: self.closures,
            flat: self.flat,
            in_helper: self.in_helper,
            workflow: self.workflow,
            gone: None,
            lineage: Lineage::default(),
            live: false,
            counters: Vec::new(),
            keyed: HashMap::new(),
            values: 0,
        }
    }

    /// How often this site was reached here before, under this key. Counts this reach.
    fn count(&mut self, site: &Site, key: &str) -> u32 {
        let slot = site.slot as usize;
        let counter = if key.is_empty() {
            if slot >= self.counters.len() {
                self.counters
                    .resize((slot + 1).max(self.definition.slots() as usize), 0);
            }
            match self.counters.get_mut(slot) {
                Some(counter) => counter,
                None => return 0,
            }
        } else {
            self.keyed.entry((site.slot, key.to_owned())).or_default()
        };
        let n = *counter;
        *counter += 1;
        n
    }
}

/// An operation's place: its id and how often its site was reached before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) id: OperationId,
    pub(crate) n: u32,
}

/// All scopes of an invocation.
#[derive(Debug)]
pub(crate) struct Scopes {
    scopes: Vec<Scope>,
    free: Vec<ScopeIndex>,
    opened: HashSet<Tag>,
    /// What may have to be undone.
    pub(crate) sagas: Sagas,
}

impl Scopes {
    pub(crate) fn new(definition: &'static Definition) -> Self {
        let root = Scope {
            id: ROOT_SCOPE,
            definition,
            context: None,
            real: ROOT,
            outer: None,
            path: Vec::new(),
            decided: Vec::new(),
            chosen: false,
            depth: 0,
            closures: 0,
            flat: false,
            in_helper: false,
            workflow: definition,
            gone: None,
            lineage: Lineage::root(ROOT),
            live: false,
            counters: Vec::new(),
            keyed: HashMap::new(),
            values: 0,
        };
        Self {
            scopes: vec![root],
            free: Vec::new(),
            opened: HashSet::from([tag(&ROOT_SCOPE)]),
            sagas: Sagas::default(),
        }
    }

    pub(crate) fn get(&self, index: ScopeIndex) -> Option<&Scope> {
        self.scopes.get(index.0 as usize)
    }

    pub(crate) fn get_mut(&mut self, index: ScopeIndex) -> Option<&mut Scope> {
        self.scopes.get_mut(index.0 as usize)
    }

    /// Whether a scope whose id starts with `tag` was opened in this replay.
    pub(crate) fn was_opened(&self, tag: Tag) -> bool {
        self.opened.contains(&tag)
    }

    /// The place of the operation that the code reaches now.
    pub(crate) fn place(&mut self, scope: ScopeIndex, site: &Site, key: &str) -> Option<Place> {
        let scope = self.get_mut(scope)?;
        let n = scope.count(site, key);
        Some(Place {
            id: OperationId::derive(&scope.id, &site.id, key, u64::from(n)),
            n,
        })
    }

    /// The seed of a value function. Outside any site (a plain helper function) a counter of the scope stands in.
    pub(crate) fn value_seed(&mut self, scope: ScopeIndex, site: Option<&Site>) -> [u8; 16] {
        let Some(scope) = self.get_mut(scope) else {
            return [0; 16];
        };
        match site {
            Some(site) => {
                let n = scope.count(site, "");
                derive(Kind::Value, &scope.id, &site.id, "", u64::from(n))
            }
            None => {
                let n = scope.values;
                scope.values += 1;
                derive(Kind::Value, &scope.id, &[0; 16], "", u64::from(n))
            }
        }
    }

    /// The tag of the scope of one branch of the combinator at `site`, reached for the `n`th time.
    pub(crate) fn branch_tag(
        &self,
        parent: ScopeIndex,
        site: &Site,
        n: u32,
        key: &str,
    ) -> Option<Tag> {
        let scope = self.get(parent)?;
        let id = derive(Kind::Branch, &scope.id, &site.id, key, u64::from(n));
        Some(tag(&scope.virtual_id(id)))
    }

    pub(super) fn insert(&mut self, mut scope: Scope) -> ScopeIndex {
        self.opened.insert(tag(&scope.id));
        let free = self.free.pop();
        let next = ScopeIndex(u32::try_from(self.scopes.len()).unwrap_or(u32::MAX));
        let index = free.unwrap_or(next);
        if let Some((outer, _)) = scope.outer
            && let Some(around) = self.get_mut(outer)
        {
            scope.lineage = scope.lineage.inside(&mut around.lineage, index);
        }
        match self.get_mut(index) {
            Some(free) => *free = scope,
            None => self.scopes.push(scope),
        }
        index
    }

    /// The tags of the scopes that code runs in now.
    pub(crate) fn open_tags(&self) -> HashSet<Tag> {
        self.open().map(|(_, scope)| tag(&scope.id)).collect()
    }

    /// The scopes that code runs in now and that were opened directly in this one.
    pub(crate) fn open_in(&self, around: ScopeIndex) -> Vec<ScopeIndex> {
        self.open()
            .filter(|(_, scope)| scope.outer.is_some_and(|(outer, _)| outer == around))
            .map(|(index, _)| index)
            .collect()
    }

    fn open(&self) -> impl Iterator<Item = (ScopeIndex, &Scope)> {
        let closed: HashSet<ScopeIndex> = self.free.iter().copied().collect();
        (0u32..)
            .map(ScopeIndex)
            .zip(&self.scopes)
            .filter(move |(index, _)| !closed.contains(index))
    }

    /// The scope returned or was dropped: its number may be used again.
    pub(crate) fn close(&mut self, index: ScopeIndex) {
        if index != ROOT {
            self.free.push(index);
        }
    }
}
