//! [`Lock`]: the lock file's text and what it says.
//!
//! ```text
//! {"durable.lock":1}
//! {"workflow":"fulfil","key":"charge","kind":"step","callee":"charge","since":1}
//! {"workflow":"fulfil","key":"label","kind":"step","callee":"print_label","scope":"try_join.label","since":2}
//! {"workflow":"fulfil","key":"notify","kind":"step","callee":"notify","since":1,"retired":3}
//! ```
//!
//! One line for each operation, sorted by workflow and key, so that two branches that add operations merge without a conflict. The first line has the version
//! of the format, which is frozen: an older program refuses a newer file and says so, and a newer one reads every older file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::Kind;

/// The version of the format that this program writes.
pub const VERSION: u32 = 1;

/// What a lock file remembers of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The workflow's name.
    pub workflow: String,
    /// The key that its identity is derived from.
    pub key: String,
    /// What it is.
    pub kind: Kind,
    /// What is called there.
    pub callee: String,
    /// Where its record is: the branches and closures around it; empty in the workflow's own block.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// `.keyed(..)` is called on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keyed: bool,
    /// `.flat()` is called on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flat: bool,
    /// It stands in several exclusive arms, which differ in kind, `.keyed(..)` or `.flat()`: those are not compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mixed: bool,
    /// The key that its text has today, where it was renamed and keeps its identity.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "as")]
    pub alias: Option<String>,
    /// The revision that introduced it.
    pub since: u32,
    /// The revision that retired it: its records are skipped on replay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<u32>,
}

impl Entry {
    /// The key that the text has: its alias, or its own.
    #[must_use]
    pub fn text_key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.key)
    }

    /// Whether it is in the code.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.retired.is_none()
    }

    /// `fulfil/charge`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.workflow, self.key)
    }

    /// Whether the two say the same about the operation, whenever that was.
    fn agrees_with(&self, other: &Self) -> bool {
        let timeless = |entry: &Self| Self {
            since: 0,
            ..entry.clone()
        };
        timeless(self) == timeless(other)
    }
}

/// Why a lock file can't be used. The numbers are those of the rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// DW106.
    #[error("line {line} of the lock file can't be read: {reason}")]
    Unreadable {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// DW107.
    #[error(
        "the lock file has version {found}, and this release of durable-runtime reads version {VERSION} at most"
    )]
    Newer {
        /// Its version.
        found: u64,
    },
    /// DW108.
    #[error("line {line} of the lock file {reason}")]
    Conflict {
        /// Counted from 1.
        line: usize,
        /// What it is in conflict with.
        reason: String,
    },
    /// DW109.
    #[error("line {line} of the lock file has an alias that can't hold: {reason}")]
    Alias {
        /// Counted from 1.
        line: usize,
        /// Why.
        reason: String,
    },
}

impl LockError {
    /// The rule's id.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "DW106",
            Self::Newer { .. } => "DW107",
            Self::Conflict { .. } => "DW108",
            Self::Alias { .. } => "DW109",
        }
    }

    /// The way out.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "take `durable.lock` from version control again; `cargo durable lock` is what writes it"
            }
            Self::Newer { .. } => {
                "update durable-runtime in this package, or take the file as it was"
            }
            Self::Conflict { .. } => {
                "where two branches added different operations, keep the lines of both; where one operation has two lines, keep the one that running executions were started with, then run `cargo durable lock`"
            }
            Self::Alias { .. } => {
                "an alias gives a locked operation the key that its text has today: remove `\"as\"`, or put `#[id(\"..\")]` on the statement instead"
            }
        }
    }
}

/// A lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By workflow and key.
    entries: BTreeMap<(String, String), Entry>,
    /// The keys of those with an alias, by workflow and alias.
    aliases: BTreeMap<(String, String), String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[serde(rename = "durable.lock")]
    version: u64,
}

impl Lock {
    /// Reads a lock file. An empty one locks nothing.
    ///
    /// # Errors
    /// When a line is none of ours, two lines disagree, or an alias can't hold; and when a newer program wrote it.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mut lock = Self::default();
        let mut lines = BTreeMap::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let numbered = (1..).zip(text.lines().map(str::trim));
        let mut content = numbered.filter(|(_, line)| !line.is_empty()).peekable();
        if let Some((line, header)) = content.peek() {
            refuse_marker(*line, header)?;
            read_header(*line, header)?;
            content.next();
        }
        for (line, text) in content {
            refuse_marker(line, text)?;
            if text.starts_with("{\"durable.lock\"") {
                // Two files that were put behind each other, as a merge does that keeps both sides.
                read_header(line, text)?;
                continue;
            }
            let entry: Entry =
                serde_json::from_str(text).map_err(|cause| LockError::Unreadable {
                    line,
                    reason: cause.to_string(),
                })?;
            lock.add(line, entry, &mut lines)?;
        }
        lock.check_aliases(&lines)?;
        Ok(lock)
    }

    fn add(
        &mut self,
        line: usize,
        entry: Entry,
        lines: &mut BTreeMap<(String, String), usize>,
    ) -> Result<(), LockError> {
        let id = (entry.workflow.clone(), entry.key.clone());
        match self.entries.get_mut(&id) {
            Some(known) if known.agrees_with(&entry) => {
                known.since = known.since.min(entry.since);
            }
            Some(_) => {
                let other = lines.get(&id).copied().unwrap_or_default();
                return Err(LockError::Conflict {
                    line,
                    reason: format!(
                        "says something else about `{}` than line {other}",
                        entry.path()
                    ),
                });
            }
            None => {
                lines.insert(id, line);
                self.insert(entry);
            }
        }
        Ok(())
    }

    fn check_aliases(&self, lines: &BTreeMap<(String, String), usize>) -> Result<(), LockError> {
        let mut taken: BTreeMap<(&str, &str), &Entry> = BTreeMap::new();
        for entry in self.entries.values() {
            let refuse = |reason| LockError::Alias {
                line: lines
                    .get(&(entry.workflow.clone(), entry.key.clone()))
                    .copied()
                    .unwrap_or_default(),
                reason,
            };
            let Some(alias) = entry.alias.as_deref() else {
                continue;
            };
            if !entry.is_live() {
                return Err(refuse(format!(
                    "`{}` is retired, so nothing in the code has its identity",
                    entry.path()
                )));
            }
            if let Some(own) = self.get(&entry.workflow, alias)
                && own.is_live()
                && own.alias.is_none()
            {
                return Err(refuse(format!(
                    "`{}` is an operation of its own",
                    own.path()
                )));
            }
            if let Some(other) = taken.insert((&entry.workflow, alias), entry) {
                return Err(refuse(format!(
                    "`{}` and `{}` would both be `{alias}` in the text",
                    other.path(),
                    entry.path()
                )));
            }
        }
        Ok(())
    }

    /// The entry of this identity.
    #[must_use]
    pub fn get(&self, workflow: &str, key: &str) -> Option<&Entry> {
        self.entries.get(&(workflow.to_owned(), key.to_owned()))
    }

    /// Adds an entry, or replaces the one of its identity.
    pub fn insert(&mut self, entry: Entry) {
        let id = (entry.workflow.clone(), entry.key.clone());
        if let Some(alias) = self.entries.get(&id).and_then(|old| old.alias.clone()) {
            self.aliases.remove(&(entry.workflow.clone(), alias));
        }
        if let Some(alias) = &entry.alias {
            let alias = (entry.workflow.clone(), alias.clone());
            self.aliases.insert(alias, entry.key.clone());
        }
        self.entries.insert(id, entry);
    }

    /// The key that the identity of a place with this key is derived from: its own, unless there is an alias for it.
    #[must_use]
    pub fn identity<'a>(&'a self, workflow: &str, key: &'a str) -> &'a str {
        if self.aliases.is_empty() {
            return key;
        }
        let alias = (workflow.to_owned(), key.to_owned());
        self.aliases.get(&alias).map_or(key, String::as_str)
    }

    /// Forgets everything about a workflow. Returns whether there was anything.
    pub fn forget(&mut self, workflow: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|(name, _), _| name != workflow);
        self.aliases.retain(|(name, _), _| name != workflow);
        self.entries.len() < before
    }

    /// All entries, sorted by workflow and key.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The entries of one workflow, sorted by key.
    pub fn of<'a>(&'a self, workflow: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .range((workflow.to_owned(), String::new())..)
            .map(|(_, entry)| entry)
            .take_while(move |entry| entry.workflow == workflow)
    }

    /// The workflows that anything is known about, sorted.
    #[must_use]
    pub fn workflows(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.entries().map(|entry| &*entry.workflow).collect();
        names.dedup();
        names
    }

    /// The last revision that changed anything; 0 before the first.
    #[must_use]
    pub fn revision(&self) -> u32 {
        let revisions = self
            .entries()
            .flat_map(|entry| [entry.since, entry.retired.unwrap_or(0)]);
        revisions.max().unwrap_or(0)
    }

    /// The file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{{\"durable.lock\":{VERSION}}}\n");
        for entry in self.entries() {
            // Strings, numbers and names: nothing of this can fail.
            if let Ok(line) = serde_json::to_string(entry) {
                let _ = writeln!(text, "{line}");
            }
        }
        text
    }
}

/// The first line.
fn read_header(line: usize, text: &str) -> Result<(), LockError> {
    let header: Header = serde_json::from_str(text).map_err(|_| LockError::Unreadable {
        line,
        reason: format!("it starts with `{{\"durable.lock\":{VERSION}}}`, and this doesn't"),
    })?;
    match u32::try_from(header.version) {
        Ok(0) => Err(LockError::Unreadable {
            line,
            reason: "there is no version 0".to_owned(),
        }),
        Ok(..=VERSION) => Ok(()),
        Ok(_) | Err(_) => Err(LockError::Newer {
            found: header.version,
        }),
    }
}

/// What a merge leaves behind where it could not decide.
fn refuse_marker(line: usize, text: &str) -> Result<(), LockError> {
    let markers = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    if markers.iter().any(|marker| text.starts_with(marker)) {
        return Err(LockError::Conflict {
            line,
            reason: "is what a merge left that could not decide".to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
