//! What an edit does to executions that run: a workflow's operations beside what the lock file remembers of them.

mod rename;

use std::fmt;

use crate::Kind;
use crate::lock::{Entry, Lock};

pub use self::rename::is_alike;
use self::rename::renames;

/// One place in a workflow's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its key, with its ordinal.
    pub key: String,
    /// What its text says it is.
    pub kind: Kind,
    /// What is called there.
    pub callee: String,
    /// Where its record is.
    pub scope: String,
    /// `.keyed(..)` is called on it.
    pub keyed: bool,
    /// `.flat()` is called on it.
    pub flat: bool,
    /// It is what a combinator's branch consists of, where no `#[id]` can stand.
    pub in_branch: bool,
    /// That branch has a label, which names its scope.
    pub labelled: bool,
}

/// What is wrong with a workflow's operations, and at which of its places; `None`: at none, for it has none any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The number of the place.
    pub place: Option<usize>,
    /// What it is.
    pub change: Change,
}

/// A change that an execution would notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// DW101: it is locked and not in the code.
    Vanished(Entry),
    /// DW102: it is new, and this locked one is gone.
    Renamed(Entry),
    /// DW103: it was another kind of operation.
    Kind(Entry, Kind),
    /// DW104: its record is somewhere else.
    Moved(Entry, Place),
    /// DW105: its identity was another operation's, which was removed.
    Reused(Entry),
    /// DW109: the text has the old and the new key of one operation.
    Ambiguous(Entry),
}

impl Change {
    /// The rule's id.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Vanished(_) => "DW101",
            Self::Renamed(_) => "DW102",
            Self::Kind(..) => "DW103",
            Self::Moved(..) => "DW104",
            Self::Reused(_) => "DW105",
            Self::Ambiguous(_) => "DW109",
        }
    }

    /// The locked operation that it is about.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        match self {
            Self::Vanished(entry)
            | Self::Renamed(entry)
            | Self::Kind(entry, _)
            | Self::Moved(entry, _)
            | Self::Reused(entry)
            | Self::Ambiguous(entry) => entry,
        }
    }

    /// The way out. `in_branch`: the place is the operation that a combinator's branch consists of, where no `#[id]` can stand.
    #[must_use]
    pub fn help(&self, in_branch: bool) -> String {
        let give = |key: &str| match in_branch {
            true => format!("`.named(\"{key}\")` on the operation"),
            false => format!("`#[id(\"{key}\")]` on the statement"),
        };
        match self {
            Self::Vanished(entry) => format!(
                "`cargo durable lock --accept {}` retires it, and its recorded results are skipped; or put it back",
                entry.path()
            ),
            Self::Renamed(entry) if matches!(entry.kind, Kind::Helper | Kind::Child) => format!(
                "if it is the same, put {}; and if its function was renamed, give that its old name too, `name = \"..\"` in its attribute, for what is in it is named after it. If it is another, `cargo durable lock --retire {}`",
                give(&entry.key),
                entry.path()
            ),
            Self::Renamed(entry) => format!(
                "if it is the same operation, put {}, or let `cargo durable lock --accept {path}` write an alias; if it is another, `cargo durable lock --retire {path}`",
                give(&entry.key),
                path = entry.path()
            ),
            Self::Kind(entry, _) => format!(
                "it is another operation, so give it an identity of its own: {}; then `cargo durable lock --retire {}` retires the old one",
                give(&fresh(&entry.key)),
                entry.path()
            ),
            Self::Moved(entry, _) => format!(
                "a running execution that has passed it would run it again. If it may, give it an identity of its own: {}; then `cargo durable lock --retire {}` retires the old one",
                give(&fresh(&entry.key)),
                entry.path()
            ),
            Self::Reused(entry) => format!(
                "if it is another operation, put {}; if it is the removed one, back again, `cargo durable lock --accept {}`",
                give(&fresh(&entry.key)),
                entry.path()
            ),
            Self::Ambiguous(entry) => format!(
                "`{}` has the identity of `{}`; for this one, put {}",
                entry.text_key(),
                entry.key,
                give(&fresh(&entry.key))
            ),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vanished(entry) => write!(
                f,
                "`{}` is locked as {} and no longer in `{}`, and running executions may have its record",
                entry.key,
                entry.kind.noun(),
                entry.workflow
            ),
            Self::Renamed(entry) => write!(
                f,
                "this is new, and the locked `{}` is gone: a running execution that has its record would not find it",
                entry.key
            ),
            Self::Kind(entry, now) => write!(
                f,
                "`{}` is locked as {}, and this is {}",
                entry.key,
                entry.kind.noun(),
                now.noun()
            ),
            Self::Moved(entry, place) => {
                if entry.scope != place.scope {
                    write!(
                        f,
                        "`{}` is locked {}, and this is {}: its record would not be found",
                        entry.key,
                        inside(&entry.scope),
                        inside(&place.scope)
                    )
                } else if entry.keyed != place.keyed {
                    let words = |keyed| if keyed { "with" } else { "without" };
                    write!(
                        f,
                        "`{}` is locked {} `.keyed(..)`, and this is {} it: its record would not be found",
                        entry.key,
                        words(entry.keyed),
                        words(place.keyed)
                    )
                } else {
                    let words = |flat| if flat { "with" } else { "without" };
                    write!(
                        f,
                        "`{}` is locked {} `.flat()`, and this is {} it: the records inside it would not be found",
                        entry.key,
                        words(entry.flat),
                        words(place.flat)
                    )
                }
            }
            Self::Reused(entry) => write!(
                f,
                "`{}` was retired in revision {}, and a record of the removed operation would be read as this one's",
                entry.key,
                entry.retired.unwrap_or_default()
            ),
            Self::Ambiguous(entry) => write!(
                f,
                "the lock file says that `{}` is `{}` under a new name, and the code has both",
                entry.text_key(),
                entry.key
            ),
        }
    }
}

fn inside(scope: &str) -> String {
    if scope.is_empty() {
        "in the workflow's own block".to_owned()
    } else {
        format!("inside `{scope}`")
    }
}

/// A key that is like `key` and not taken by it.
fn fresh(key: &str) -> String {
    let (stem, number) = match key.rsplit_once('-') {
        Some((stem, number)) if let Ok(number) = number.parse::<u32>() => (stem, number),
        _ => (key, 1),
    };
    format!("{stem}-{}", number.saturating_add(1))
}

/// Compares a workflow's places with what the lock file remembers of it. A workflow that it doesn't know has no problems.
///
/// Places whose key is new are no problem: they run late in executions that are past them.
#[must_use]
pub fn compare(lock: &Lock, workflow: &str, places: &[Place]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut new = Vec::new();
    let mut found: Vec<&str> = Vec::new();
    for (number, place) in places.iter().enumerate() {
        if place.kind.leaves_no_record() {
            continue;
        }
        let key = lock.identity(workflow, &place.key);
        if key == place.key
            && let Some(renamed) = lock.get(workflow, key)
            && renamed.is_live()
            && let Some(alias) = renamed.alias.as_deref()
            && places.iter().any(|other| other.key == alias)
        {
            problems.push(at(number, Change::Ambiguous(renamed.clone())));
            found.push(key);
            continue;
        }
        match lock.get(workflow, key) {
            None => new.push(number),
            Some(entry) if !entry.is_live() => {
                problems.push(at(number, Change::Reused(entry.clone())));
            }
            Some(entry) => {
                found.push(key);
                problems.extend(changed(entry, place).map(|change| at(number, change)));
            }
        }
    }
    let mut gone: Vec<_> = lock
        .of(workflow)
        .filter(|entry| entry.is_live() && !found.contains(&&*entry.key))
        .collect();
    for (number, entry) in renames(&gone, places, &new) {
        gone.retain(|other| other.key != entry.key);
        problems.push(at(number, Change::Renamed(entry.clone())));
    }
    problems.sort_by_key(|problem| problem.place);
    problems.extend(gone.into_iter().map(|entry| Problem {
        place: None,
        change: Change::Vanished(entry.clone()),
    }));
    problems
}

const fn at(place: usize, change: Change) -> Problem {
    Problem {
        place: Some(place),
        change,
    }
}

fn changed(entry: &Entry, place: &Place) -> Option<Change> {
    if entry.mixed {
        let moved = || Change::Moved(entry.clone(), place.clone());
        return (!has_scope(entry, place)).then(moved);
    }
    if !entry.kind.fits(place.kind) {
        return Some(Change::Kind(entry.clone(), place.kind));
    }
    // One site may have several places, in exclusive arms; each of their scopes is known.
    if !has_scope(entry, place) || entry.keyed != place.keyed || entry.flat != place.flat {
        return Some(Change::Moved(entry.clone(), place.clone()));
    }
    None
}

/// What stands between the scopes of one operation's places, where they differ.
pub const SCOPES: &str = " | ";

/// What stands between a scope and the one inside it.
pub const INSIDE: &str = " > ";

/// The scope of a closure that is kept for later, which its text doesn't tell.
pub const ANY_SCOPE: &str = "?";

/// A key as a part of a scope: what separates parts, or stands for any, is none in a key.
#[must_use]
pub fn part(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for sign in key.chars() {
        if matches!(sign, '|' | '>' | '?' | '\\') {
            text.push('\\');
        }
        text.push(sign);
    }
    text
}

/// Whether the lock file knows the scope of a place.
fn has_scope(entry: &Entry, place: &Place) -> bool {
    let vague = |scope: &str| scope.split(INSIDE).any(|part| part == ANY_SCOPE);
    entry
        .scope
        .split(SCOPES)
        .any(|scope| scope == place.scope || vague(scope) || vague(&place.scope))
}

#[cfg(test)]
mod tests;
