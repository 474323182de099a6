//! The lock file's next revision.

use std::collections::BTreeSet;

use crate::Kind;
use crate::compare::{Change, INSIDE, Place, Problem, SCOPES, compare, is_alike, part};
use crate::lock::{Entry, Lock};

/// What whoever runs `cargo durable lock` has decided.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// Accept every change that can be accepted.
    pub accept_all: bool,
    /// Accept the changes to these: `fulfil/charge`, or a workflow's name where it is gone.
    pub accept: BTreeSet<String>,
    /// Retire these, whatever has taken their place.
    pub retire: BTreeSet<String>,
    /// Of these workflows nothing runs any more: lock them anew.
    pub reset: BTreeSet<String>,
}

impl Decisions {
    fn accepts(&self, path: &str) -> bool {
        self.accept_all || self.accept.contains(path)
    }

    fn retires(&self, path: &str) -> bool {
        self.retire.contains(path)
    }
}

/// A workflow as it is in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// Its operations, in source order.
    pub places: Vec<Place>,
}

/// What was written into the lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A new operation, which runs late in executions that are past it.
    Added(Entry),
    /// A removed one, whose records are skipped.
    Retired(Entry),
    /// A renamed one, which keeps its identity.
    Aliased(Entry),
    /// A removed one that is back.
    Restored(Entry),
    /// What an operation calls, or that its old name is back, which no execution notices.
    Refreshed(Entry),
    /// A workflow that was forgotten, because nothing of it runs any more.
    Reset(String),
}

/// What has to be decided first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// Something about an operation.
    Operation {
        /// The workflow's name.
        workflow: String,
        /// What it is.
        problem: Box<Problem>,
    },
    /// A workflow that is locked and not in the code.
    Workflow {
        /// Its name.
        name: String,
        /// A workflow that is new, and may be it.
        instead: Option<String>,
    },
}

/// The next revision, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The lock file as it should be.
    pub lock: Lock,
    /// What differs from the old one.
    pub written: Vec<Written>,
    /// What has to be decided first. While there is anything, nothing should be written.
    pub open: Vec<Open>,
}

/// Brings `lock` up to date with the code.
#[must_use]
pub fn update(lock: &Lock, workflows: &[Workflow], decisions: &Decisions) -> Update {
    let mut next = Next {
        revision: lock.revision().saturating_add(1),
        lock: lock.clone(),
        written: Vec::new(),
        open: Vec::new(),
        decisions,
    };
    for name in &decisions.reset {
        if next.lock.forget(name) {
            next.written.push(Written::Reset(name.clone()));
        }
    }
    for workflow in workflows {
        next.workflow(workflow);
    }
    let code: Vec<&str> = workflows.iter().map(|workflow| &*workflow.name).collect();
    let new: Vec<&str> = code
        .iter()
        .copied()
        .filter(|name| lock.of(name).next().is_none())
        .collect();
    for name in lock.workflows() {
        if !code.contains(&name) {
            next.gone(name, &new);
        }
    }
    Update {
        lock: next.lock,
        written: next.written,
        open: next.open,
    }
}

struct Next<'a> {
    revision: u32,
    lock: Lock,
    written: Vec<Written>,
    open: Vec<Open>,
    decisions: &'a Decisions,
}

impl Next<'_> {
    fn workflow(&mut self, workflow: &Workflow) {
        let mut workflow = workflow.clone();
        // What was inside something that was renamed is where it was.
        for problem in compare(&self.lock, &workflow.name, &workflow.places) {
            if let (Change::Renamed(entry), Some(place)) = (&problem.change, problem.place)
                && let Some((new, is_own_branch)) = workflow
                    .places
                    .get(place)
                    .map(|place| (place.key.clone(), place.in_branch && !place.labelled))
                && self.settle(&workflow, &problem)
                && !self.decisions.retires(&entry.path())
            {
                rename_scopes(&mut workflow.places, &new, &entry.key, is_own_branch);
            }
        }
        let workflow = &workflow;
        let name = &workflow.name;
        for problem in compare(&self.lock, name, &workflow.places) {
            if !self.settle(workflow, &problem) {
                self.open.push(Open::Operation {
                    workflow: name.clone(),
                    problem: Box::new(problem),
                });
            }
        }
        for place in &workflow.places {
            self.place(name, place, &workflow.places);
        }
    }

    /// Does what was decided about a problem. Returns whether anything was.
    fn settle(&mut self, workflow: &Workflow, problem: &Problem) -> bool {
        let entry = problem.change.entry().clone();
        let path = entry.path();
        let retires = self.decisions.retires(&path);
        match &problem.change {
            Change::Vanished(_) if retires || self.decisions.accepts(&path) => self.retire(entry),
            Change::Renamed(_) if retires => self.retire(entry),
            Change::Renamed(_) if self.decisions.accepts(&path) => {
                let place = problem.place.and_then(|place| workflow.places.get(place));
                let Some(place) = place else { return false };
                if !self.decisions.accept.contains(&path) && !is_alike(&entry, place) {
                    // Nothing but its place says that it is the same: whoever knows has to name it.
                    return false;
                }
                let aliased = Entry {
                    alias: Some(place.key.clone()),
                    callee: place.callee.clone(),
                    ..entry
                };
                self.lock.insert(aliased.clone());
                self.written.push(Written::Aliased(aliased));
            }
            Change::Reused(_) if self.decisions.accepts(&path) => {
                let places: Vec<_> = workflow
                    .places
                    .iter()
                    .filter(|place| place.key == entry.key)
                    .collect();
                let Some(restored) = self.entry(&workflow.name, &places) else {
                    return false;
                };
                let restored = Entry {
                    since: entry.since,
                    ..restored
                };
                self.lock.insert(restored.clone());
                self.written.push(Written::Restored(restored));
            }
            _ => return false,
        }
        true
    }

    fn retire(&mut self, entry: Entry) {
        let retired = Entry {
            retired: Some(self.revision),
            alias: None,
            ..entry
        };
        self.lock.insert(retired.clone());
        self.written.push(Written::Retired(retired));
    }

    /// The entry of an operation with these places.
    fn entry(&self, workflow: &str, places: &[&Place]) -> Option<Entry> {
        let first = places.first()?;
        let scopes: BTreeSet<&str> = places.iter().map(|place| &*place.scope).collect();
        let kind = places
            .iter()
            .map(|place| place.kind)
            .find(|kind| *kind != Kind::Operation)
            .unwrap_or_default();
        let mixed = places.iter().any(|place| {
            let same = (place.keyed, place.flat) == (first.keyed, first.flat);
            !same || !place.kind.fits(kind)
        });
        Some(Entry {
            workflow: workflow.to_owned(),
            key: first.key.clone(),
            kind: if mixed { Kind::Operation } else { kind },
            callee: first.callee.clone(),
            scope: scopes.into_iter().collect::<Vec<_>>().join(SCOPES),
            keyed: first.keyed && !mixed,
            flat: first.flat && !mixed,
            mixed,
            alias: None,
            since: self.revision,
            retired: None,
        })
    }

    fn place(&mut self, workflow: &str, place: &Place, all: &[Place]) {
        if place.kind.leaves_no_record() {
            return;
        }
        let key = self.lock.identity(workflow, &place.key).to_owned();
        let places: Vec<_> = all.iter().filter(|other| other.key == place.key).collect();
        let Some(fresh) = self.entry(workflow, &places) else {
            return;
        };
        let Some(known) = self.lock.get(workflow, &key).cloned() else {
            self.lock.insert(fresh.clone());
            self.written.push(Written::Added(fresh));
            return;
        };
        if !known.is_live() || !known.kind.fits(fresh.kind) {
            return;
        }
        let refreshed = Entry {
            callee: fresh.callee,
            // A kind stays what it is, also where it was set to `operation` by hand. So does a scope: one that is gone may be a running execution's.
            alias: known.alias.clone().filter(|alias| *alias == place.key),
            ..known.clone()
        };
        if refreshed != known {
            self.lock.insert(refreshed.clone());
            self.written.push(Written::Refreshed(refreshed));
        }
    }

    /// A workflow that the code no longer has.
    fn gone(&mut self, name: &str, new: &[&str]) {
        let entries: Vec<Entry> = self
            .lock
            .of(name)
            .filter(|entry| entry.is_live())
            .cloned()
            .collect();
        if entries.is_empty() {
            return;
        }
        if self.decisions.accepts(name) || self.decisions.retires(name) {
            for entry in entries {
                self.retire(entry);
            }
            return;
        }
        let likeness = |other: &&&str| strsim::jaro_winkler(name, other);
        let instead = new
            .iter()
            .max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
        self.open.push(Open::Workflow {
            name: name.to_owned(),
            instead: instead.map(|name| (*name).to_owned()),
        });
    }
}

/// Names the scopes that are in something after what it was called. `is_own_branch`: so is the branch that it is.
fn rename_scopes(places: &mut [Place], new: &str, old: &str, is_own_branch: bool) {
    let (new, old) = (part(new), part(old));
    let (head, tail) = (format!("{new}."), format!(".{new}"));
    for place in places {
        let parts: Vec<String> = place
            .scope
            .split(INSIDE)
            .map(|scope| {
                if scope == new {
                    old.clone()
                } else if let Some(branch) = scope.strip_prefix(&head) {
                    format!("{old}.{branch}")
                } else if let Some(combinator) = scope.strip_suffix(&tail).filter(|_| is_own_branch)
                {
                    format!("{combinator}.{old}")
                } else {
                    scope.to_owned()
                }
            })
            .collect();
        place.scope = parts.join(INSIDE);
    }
}

#[cfg(test)]
mod tests;
