//! The table of a workflow's sites.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use durable_lock::compare;
use durable_lock::{Kind as RecordKind, manifest};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::diag::{Errors, Rule};
use crate::identity::{SiteId, site_id};
use crate::input::span_of;
use crate::key::Key;
use crate::skeleton::Facts;
use crate::surroundings::Surroundings;

/// Where in the workflow's text something stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// The arms of `if` and `match` around it: the number of the decision, and of the arm.
    pub(crate) arms: Vec<(u32, u32)>,
    /// The numbers of the loops around it, outermost first.
    pub(crate) loops: Vec<u32>,
    /// The combinator branches around it: the combinator's slot, and the branch's index.
    pub(crate) branches: Vec<(u32, u32)>,
    /// Whether it may run at any time after it is reached.
    pub(crate) floating: bool,
    /// How many closures are around it.
    pub(crate) closures: u32,
    /// The branches and closures around it that have scopes of their own, outermost first.
    pub(crate) scope: Vec<String>,
    /// It is what a combinator's branch consists of, where no `#[id]` can stand.
    pub(crate) in_branch: bool,
    /// That branch has a label, which names its scope.
    pub(crate) labelled: bool,
}

impl Place {
    /// Whether at most one of the two runs in one pass through the text.
    fn excludes(&self, other: &Self) -> bool {
        self.arms.iter().any(|(decision, arm)| {
            other
                .arms
                .iter()
                .any(|(other_decision, other_arm)| decision == other_decision && arm != other_arm)
        })
    }
}

/// What stands at a site, for the messages about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An awaited operation, or a branch that is one.
    Operation,
    /// `join!`, `try_join!` or `race!`.
    Combinator,
    /// `uuid()`, `random()` or `rng()`.
    Value,
}

/// A site's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Index {
    /// Its row.
    pub(crate) row: usize,
    /// The number of its key among the workflow's distinct keys.
    pub(crate) slot: u32,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) id: SiteId,
    /// The key with its ordinal.
    pub(crate) key: String,
    /// The key that its identity is derived from: the same, unless the lock file has an alias.
    identity: String,
    pub(crate) slot: u32,
    pub(crate) line: usize,
    pub(crate) place: Place,
    /// Whether it is an operation without a context of its own.
    flat: bool,
    /// The key without its ordinal.
    stem: String,
    facts: Facts,
    /// Its text, where a lock file may have something against it.
    at: TokenStream,
}

impl Site {
    /// How the lock file sees it.
    fn place_in_lock(&self) -> compare::Place {
        compare::Place {
            key: self.key.clone(),
            kind: self.facts.kind,
            callee: self.facts.callee.clone(),
            scope: self.place.scope.join(compare::INSIDE),
            keyed: self.facts.keyed,
            flat: self.flat,
            in_branch: self.place.in_branch,
            labelled: self.place.labelled,
        }
    }
}

/// A workflow's sites in the order in which they are evaluated.
#[derive(Debug)]
pub(crate) struct Table {
    workflow: String,
    rows: Vec<Site>,
    slots: HashMap<String, u32>,
    surroundings: Surroundings,
    /// The lock file has something about this workflow, and it is enforced.
    enforced: bool,
}

impl Table {
    /// The table of the workflow of this name.
    pub(crate) fn new(workflow: impl Into<String>, surroundings: &Surroundings) -> Self {
        let workflow = workflow.into();
        let known = surroundings
            .lock()
            .is_some_and(|lock| lock.of(&workflow).next().is_some());
        Self {
            enforced: known && surroundings.enforces(),
            surroundings: surroundings.clone(),
            workflow,
            rows: Vec::new(),
            slots: HashMap::new(),
        }
    }

    /// Whether an editor asks for it.
    pub(crate) const fn is_for_editor(&self) -> bool {
        self.surroundings.editor
    }

    /// The rows so far.
    pub(crate) fn rows(&self) -> &[Site] {
        &self.rows
    }

    /// The number of distinct keys.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The key that a row's identity is derived from.
    pub(crate) fn identity(&self, index: Index) -> &str {
        self.rows.get(index.row).map_or("", |site| &site.identity)
    }

    /// The key that the identity of a site with this key is derived from.
    pub(crate) fn identity_of<'a>(&'a self, key: &'a str) -> &'a str {
        match self.surroundings.lock() {
            Some(lock) => lock.identity(&self.workflow, key),
            None => key,
        }
    }

    /// The kind that the lock file has for a row, where its text doesn't say which it is.
    pub(crate) fn locked_kind(&self, index: Index) -> Option<RecordKind> {
        let site = self.rows.get(index.row)?;
        if !self.enforced || site.facts.kind != RecordKind::Operation {
            return None;
        }
        let entry = self
            .surroundings
            .lock()?
            .get(&self.workflow, &site.identity)?;
        let known = entry.is_live() && entry.kind != RecordKind::Operation;
        known.then_some(entry.kind)
    }

    /// The sites that the lock file has retired.
    pub(crate) fn retired(&self) -> Vec<SiteId> {
        let lock = self.surroundings.lock();
        let entries = lock.into_iter().flat_map(|lock| lock.of(&self.workflow));
        entries
            .filter(|entry| !entry.is_live())
            .map(|entry| site_id(&self.workflow, &entry.key))
            .collect()
    }

    /// Reports what the lock file has against the sites; what it misses, at the workflow's name.
    pub(crate) fn check_lock(&self, name: &impl ToTokens, errors: &mut Errors) {
        if let Some(error) = self.surroundings.broken(&self.workflow) {
            errors.report_as(name, error.rule(), error, error.help());
        }
        let Some(lock) = self.surroundings.lock().filter(|_| self.enforced) else {
            return;
        };
        let places: Vec<_> = self.rows.iter().map(Site::place_in_lock).collect();
        for problem in compare::compare(lock, &self.workflow, &places) {
            let site = problem.place.and_then(|place| self.rows.get(place));
            let (rule, change) = (problem.change.rule(), &problem.change);
            let help = change.help(site.is_some_and(|site| site.place.in_branch));
            match site {
                Some(site) => errors.report_as(&site.at, rule, change, help),
                None => errors.report_as(name, rule, change, help),
            }
        }
    }

    /// A row for the manifest.
    pub(crate) fn manifest(&self, index: Index, branches: Vec<manifest::Arm>) -> manifest::Site {
        let Some(site) = self.rows.get(index.row) else {
            return manifest::Site::default();
        };
        manifest::Site {
            key: site.key.clone(),
            kind: site.facts.kind,
            callee: site.facts.callee.clone(),
            scope: site.place.scope.clone(),
            line: u32::try_from(site.line).unwrap_or(u32::MAX),
            waits: site.facts.waits.clone(),
            can_end: false,
            keyed: site.facts.keyed,
            flat: site.flat,
            is_method: site.facts.is_method,
            path: site.facts.path.clone(),
            in_branch: site.place.in_branch,
            labelled: site.place.labelled,
            repeats: !site.place.loops.is_empty(),
            branches,
            body: Vec::new(),
        }
    }

    /// Adds a site, and reports it when its key is taken by another that can run beside it.
    pub(crate) fn add(
        &mut self,
        key: Key,
        kind: Kind,
        facts: Facts,
        place: Place,
        at: &impl ToTokens,
        errors: &mut Errors,
    ) -> Index {
        let Key {
            text: stem,
            repeats,
            flat,
        } = key;
        let key = if repeats {
            self.with_ordinal(&stem)
        } else {
            stem.clone()
        };
        let taken = self
            .rows
            .iter()
            .find(|row| row.key == key && !row.place.excludes(&place));
        if let Some(first) = taken {
            errors.report(
                at,
                Rule::Key,
                format!("two operations of this workflow have the key `{key}`"),
                format!("{}; the other is on line {}", way_out(kind), first.line),
            );
        }
        let next = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let slot = match self.slots.entry(key.clone()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => *free.insert(next),
        };
        let row = self.rows.len();
        let identity = self.identity_of(&key).to_owned();
        self.rows.push(Site {
            id: site_id(&self.workflow, &identity),
            at: match self.enforced {
                true => at.to_token_stream(),
                false => TokenStream::new(),
            },
            key,
            identity,
            facts,
            slot,
            line: span_of(at).start().line,
            place,
            flat,
            stem,
        });
        Index { row, slot }
    }

    /// The first keeps the bare key, so that adding a second one strands nobody.
    fn with_ordinal(&self, stem: &str) -> String {
        match self.rows.iter().filter(|row| row.stem == stem).count() {
            0 => stem.to_owned(),
            earlier => format!("{stem}#{}", earlier + 1),
        }
    }

    /// The rows as the elements of an array of `Site`.
    pub(crate) fn expand(&self) -> TokenStream {
        self.rows
            .iter()
            .enumerate()
            .map(|(order, site)| {
                let id = Literal::byte_string(&site.id);
                let key = &site.key;
                let slot = Literal::u32_unsuffixed(site.slot);
                let line = Literal::usize_unsuffixed(site.line);
                let order = Literal::usize_unsuffixed(order);
                let loops = site
                    .place
                    .loops
                    .iter()
                    .copied()
                    .map(Literal::u32_unsuffixed);
                let branches = site.place.branches.iter().map(|(slot, branch)| {
                    let slot = Literal::u32_unsuffixed(*slot);
                    let branch = Literal::u32_unsuffixed(*branch);
                    quote!((#slot, #branch))
                });
                let floating = site.place.floating;
                let closures = Literal::u32_unsuffixed(site.place.closures);
                let flat = site.flat;
                quote! {
                    ::durable_runtime::__private::Site {
                        id: *#id,
                        key: #key,
                        slot: #slot,
                        line: #line,
                        order: #order,
                        loops: &[#(#loops),*],
                        branches: &[#(#branches),*],
                        floating: #floating,
                        closures: #closures,
                        flat: #flat,
                    },
                }
            })
            .collect()
    }
}

fn way_out(kind: Kind) -> &'static str {
    match kind {
        Kind::Operation => {
            "give this one a name of its own with `.named(\"..\")`, or put `#[id(\"..\")]` on its \
             statement"
        }
        Kind::Combinator => "put `#[id(\"..\")]` on the statement of this one",
        Kind::Value => {
            "use the first one's value again, or put `#[id(\"..\")]` on the statement of this one"
        }
    }
}
