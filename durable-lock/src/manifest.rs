//! The manifest: a workflow's control flow as data.
//!
//! One JSON file for each function that a macro of ours expanded, named by [`Manifest::file_name`], in the folder that [`MANIFEST_DIR`](crate::MANIFEST_DIR) names.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Kind;

/// The version of this format. A reader refuses any other: both sides are built from one release.
pub const VERSION: u32 = 1;

/// One function that a macro of ours expanded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`VERSION`].
    pub version: u32,
    /// The package it belongs to.
    pub package: String,
    /// The folder of the package's `Cargo.toml`.
    pub package_dir: PathBuf,
    /// The crate in the package: its library, or one of its binaries.
    pub krate: String,
    /// The source file, as the compiler names it: relative to the workspace, or absolute.
    pub file: String,
    /// The line of the function's name.
    pub line: u32,
    /// The function's name.
    pub function: String,
    /// What it was marked as.
    pub item: Item,
    /// The exceptions it makes with `#[allow_durable]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

/// What a function was marked as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Item {
    /// `#[step]`.
    Step,
    /// `#[durable_helper]`.
    Helper {
        /// The first half of the paths of the sites in it.
        name: String,
        /// What it executes; empty for a plain `fn`.
        body: Vec<Node>,
        /// Whether it is an `async fn`.
        is_async: bool,
    },
    /// `#[durable_workflow]`.
    Workflow {
        /// The first half of every site's path.
        name: String,
        /// What it executes, in source order.
        body: Vec<Node>,
    },
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is none of this version.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } =
            serde_json::from_str(text).map_err(|cause| format!("this is no manifest: {cause}"))?;
        if version != VERSION {
            return Err(format!(
                "this manifest has version {version}, and this program reads version {VERSION}; let `cargo durable` and the `durable-runtime` of the package be of one release"
            ));
        }
        serde_json::from_str(text).map_err(|cause| format!("this is no manifest: {cause}"))
    }

    /// The workflow's name and body, if it is one.
    #[must_use]
    pub fn workflow(&self) -> Option<(&str, &[Node])> {
        match &self.item {
            Item::Workflow { name, body } => Some((name, body)),
            Item::Step | Item::Helper { .. } => None,
        }
    }

    /// The first half of its sites' paths, if it has any: a workflow's name, or an async helper's.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match &self.item {
            Item::Workflow { name, .. }
            | Item::Helper {
                name,
                is_async: true,
                ..
            } => Some(name),
            Item::Step | Item::Helper { .. } => None,
        }
    }

    /// What it executes.
    #[must_use]
    pub fn body(&self) -> &[Node] {
        match &self.item {
            Item::Workflow { body, .. } | Item::Helper { body, .. } => body,
            Item::Step => &[],
        }
    }
}

impl Manifest {
    /// The name of the file that it is written to: one for each function of each crate, however often it is expanded.
    #[must_use]
    pub fn file_name(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (&self.package_dir, &self.krate, &self.file, self.line).hash(&mut hasher);
        (&self.function, self.path()).hash(&mut hasher);
        let keep = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let function: String = self.function.chars().take(60).map(keep).collect();
        format!("{function}.{:016x}.json", hasher.finish())
    }
}

/// One `#[allow_durable]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The rules that it lets pass.
    pub rules: Vec<String>,
    /// Why a replay is right all the same.
    pub reason: String,
    /// Where it stands.
    pub line: u32,
}

/// A part of a workflow's control flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "node", rename_all = "snake_case")]
pub enum Node {
    /// An operation.
    Site(Site),
    /// An `if` or a `match`: one of its arms runs.
    Decision {
        /// The condition, or what is matched, as written.
        head: String,
        /// Where it stands.
        line: u32,
        /// Its arms; an `if` without `else` has an empty one at the end.
        arms: Vec<Arm>,
    },
    /// A loop.
    Loop {
        /// Its head as written: `for line in &order.lines`, `loop`.
        head: String,
        /// Where it stands.
        line: u32,
        /// What is repeated.
        body: Vec<Node>,
    },
    /// `return`, or another end that stands in the text by itself.
    End {
        /// How it is written: `return`, `bail!`, `break`, `continue`.
        how: String,
        /// Where it stands.
        line: u32,
    },
    /// A closure or an `async` block that is kept for later.
    Later {
        /// The variable that it is bound to, where it is.
        name: Option<String>,
        /// Where it stands.
        line: u32,
        /// What it executes.
        body: Vec<Node>,
    },
}

/// One arm of a decision, or one branch of a combinator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// The pattern, `then`, `else`, or the branch's key.
    pub label: String,
    /// What it executes.
    pub body: Vec<Node>,
}

/// One operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its key, with its ordinal, before an alias of the lock file.
    pub key: String,
    /// What its text says it is.
    pub kind: Kind,
    /// What is called: the last segment of a function's path, or the method.
    pub callee: String,
    /// Where its record is: the branches and closures around it that have scopes of their own, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<String>,
    /// Where it stands.
    pub line: u32,
    /// How long it waits, as written, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// Its error ends the function: `?` is behind it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub can_end: bool,
    /// `.keyed(..)` is called on it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keyed: bool,
    /// `.flat()` is called on it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub flat: bool,
    /// It is called as a method, so that its name says nothing about what it is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_method: bool,
    /// The first part of the path that is called, where it has several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// It is what a combinator's branch consists of, where no `#[id]` can stand.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_branch: bool,
    /// That branch has a label, which names its scope.
    #[serde(default, skip_serializing_if = "is_false")]
    pub labelled: bool,
    /// It stands in a loop of its own scope.
    #[serde(default, skip_serializing_if = "is_false")]
    pub repeats: bool,
    /// The branches of a combinator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Arm>,
    /// What the closure of a `map`, a child or a `retry_block` executes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<Node>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Every operation in `body`, those inside others behind them.
#[must_use]
pub fn sites(body: &[Node]) -> Vec<&Site> {
    let mut found = Vec::new();
    collect(body, &mut found);
    found
}

fn collect<'a>(body: &'a [Node], found: &mut Vec<&'a Site>) {
    for node in body {
        match node {
            Node::Site(site) => {
                found.push(site);
                for branch in &site.branches {
                    collect(&branch.body, found);
                }
                collect(&site.body, found);
            }
            Node::Decision { arms, .. } => {
                for arm in arms {
                    collect(&arm.body, found);
                }
            }
            Node::Loop { body, .. } | Node::Later { body, .. } => collect(body, found),
            Node::End { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests;
