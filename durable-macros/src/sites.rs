//! The table of a workflow's sites.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::diag::{Errors, Rule};
use crate::identity::{SiteId, site_id};
use crate::input::span_of;
use crate::key::Key;

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
    pub(crate) slot: u32,
    pub(crate) line: usize,
    pub(crate) place: Place,
    /// Whether it is an operation without a context of its own.
    flat: bool,
    /// The key without its ordinal.
    stem: String,
}

/// A workflow's sites in the order in which they are evaluated.
#[derive(Debug)]
pub(crate) struct Table {
    workflow: String,
    rows: Vec<Site>,
    slots: HashMap<String, u32>,
}

impl Table {
    /// The table of the workflow of this name.
    pub(crate) fn new(workflow: impl Into<String>) -> Self {
        Self {
            workflow: workflow.into(),
            rows: Vec::new(),
            slots: HashMap::new(),
        }
    }

    /// The rows so far.
    pub(crate) fn rows(&self) -> &[Site] {
        &self.rows
    }

    /// The number of distinct keys.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The full key of a row.
    pub(crate) fn key(&self, index: Index) -> &str {
        self.rows.get(index.row).map_or("", |site| &site.key)
    }

    /// Adds a site, and reports it when its key is taken by another that can run beside it.
    pub(crate) fn add(
        &mut self,
        key: Key,
        kind: Kind,
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
        self.rows.push(Site {
            id: site_id(&self.workflow, &key),
            key,
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
