//! What a call is: the macro of a workflow sees a name, and the functions of this name say what they are.

use std::collections::{HashMap, HashSet};

use durable_lock::Kind;
use durable_lock::compare::{INSIDE, Place};
use durable_lock::manifest::{Item, Manifest, Node, Site, sites};
use durable_lock::update::Workflow;

use super::manifests::Package;

/// The kinds of the functions of a workspace, by name; `None`: of several kinds.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    functions: HashMap<String, Option<Kind>>,
    /// The crates that the packages depend on: what is called by such a name is not one of theirs.
    dependencies: HashSet<String>,
}

impl Kinds {
    pub(crate) fn of(packages: &[Package]) -> Self {
        let mut kinds: HashMap<String, Option<Kind>> = HashMap::new();
        for manifest in packages.iter().flat_map(|package| &package.manifests) {
            let kind = match &manifest.item {
                Item::Step => Kind::Step,
                Item::Workflow { .. } => Kind::Child,
                Item::Helper { is_async: true, .. } => Kind::Helper,
                Item::Helper { .. } => continue,
            };
            let known = kinds.entry(manifest.function.clone()).or_insert(Some(kind));
            if *known != Some(kind) {
                *known = None;
            }
        }
        let dependencies = packages.iter().flat_map(|package| &package.dependencies);
        Self {
            functions: kinds,
            dependencies: dependencies.cloned().collect(),
        }
    }

    /// What an operation is.
    pub(crate) fn kind(&self, site: &Site) -> Kind {
        if site.kind != Kind::Operation {
            return site.kind;
        }
        // A wrong kind would be enforced, so what can't be known stays open: methods, and what other crates have.
        if site.is_method || self.dependencies.contains(&site.path) {
            return Kind::Operation;
        }
        let kind = self.functions.get(&site.callee).copied().flatten();
        kind.unwrap_or_default()
    }

    /// A workflow's operations, as the lock file sees them.
    pub(crate) fn workflow(&self, name: &str, manifest: &Manifest) -> Workflow {
        let places = sites(manifest.body()).into_iter().map(|site| Place {
            key: site.key.clone(),
            kind: self.kind(site),
            callee: site.callee.clone(),
            scope: site.scope.join(INSIDE),
            keyed: site.keyed,
            flat: site.flat,
            in_branch: site.in_branch,
            labelled: site.labelled,
        });
        Workflow {
            name: name.to_owned(),
            places: places.collect(),
        }
    }
}

impl Kinds {
    /// A manifest whose operations all say what they are, as far as anybody knows.
    pub(crate) fn resolved(&self, manifest: &Manifest) -> Manifest {
        let mut manifest = manifest.clone();
        if let Item::Workflow { body, .. } | Item::Helper { body, .. } = &mut manifest.item {
            self.resolve(body);
        }
        manifest
    }

    fn resolve(&self, body: &mut [Node]) {
        for node in body {
            match node {
                Node::Site(site) => {
                    site.kind = self.kind(site);
                    for arm in &mut site.branches {
                        self.resolve(&mut arm.body);
                    }
                    self.resolve(&mut site.body);
                }
                Node::Decision { arms, .. } => {
                    for arm in arms {
                        self.resolve(&mut arm.body);
                    }
                }
                Node::Loop { body, .. } | Node::Later { body, .. } => self.resolve(body),
                Node::End { .. } => {}
            }
        }
    }
}
