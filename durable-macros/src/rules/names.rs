//! What a name means: `use` declarations and items of the function and of the file around it.
//!
//! An attribute macro sees one item, so the file is read beside it. What can't be settled stays
//! unsettled: a rule that can't tell is silent.

use std::collections::{HashMap, HashSet};

use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};
use syn::{Block, Ident, Item, Path, Type, UseTree};

/// How many `use` declarations lead to one another at most.
const DEPTH: usize = 8;

/// What a path may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// One of these full paths, which start with a crate.
    Absolute(Vec<Vec<String>>),
    /// Something of the user's own.
    Own,
    /// Nobody can tell; these are its names.
    Unknown(Vec<String>),
}

/// The names that one block or module brings into scope.
#[derive(Debug, Clone, Default)]
struct Scope {
    /// A name, and the path that it stands for.
    uses: HashMap<String, Vec<String>>,
    /// What is imported as `_`.
    nameless: Vec<Vec<String>>,
    /// What stands in front of `::*`.
    globs: Vec<Vec<String>>,
    /// Items.
    own: HashSet<String>,
    /// Variables and parameters, which no path with `::` starts with.
    variables: HashSet<String>,
    /// Statics by name, with the last name of their type.
    statics: HashMap<String, String>,
}

/// The items of a module, or of a function's block.
#[derive(Clone)]
pub(super) struct Layer<'a> {
    pub(super) items: Vec<&'a Item>,
    pub(super) is_block: bool,
}

/// All names in reach of a function.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Innermost first: the function's, the module's, and the modules' around that are imported with
    /// `use super::*`.
    scopes: Vec<Scope>,
    /// Not every name can be known.
    partial: bool,
}

impl Names {
    /// The names of a function whose file nobody has read.
    pub(crate) fn unread() -> Self {
        Self {
            scopes: Vec::new(),
            partial: true,
        }
    }

    /// The names in scope in the last of these layers, each of which stands in the one before it.
    pub(super) fn of_layers(layers: &[Layer<'_>]) -> Self {
        let mut names = Self::default();
        let mut rest = layers.iter().rev().peekable();
        while let Some(layer) = rest.next() {
            let mut scope = Scope::default();
            for item in &layer.items {
                scope.item(item);
            }
            let imports_parent = scope.globs.iter().any(|glob| *glob == ["super"]);
            // The parent of a module is the layer around it; what a block calls `super` is further out.
            let knows_parent = !layer.is_block && rest.peek().is_some_and(|layer| !layer.is_block);
            names.partial |= scope.globs.iter().any(|glob| {
                let own = matches!(
                    glob.first().map(String::as_str),
                    Some("crate" | "self" | "super")
                );
                own && !(knows_parent && *glob == ["super"])
            });
            names.scopes.push(scope);
            // A block sees what is around it, a module only what it imports.
            let sees_around = layer.is_block || imports_parent && knows_parent;
            if !sees_around {
                break;
            }
        }
        names
    }

    /// The same with what the function itself declares, wherever in it.
    pub(crate) fn inside(mut self, inputs: impl Iterator<Item = syn::Pat>, block: &Block) -> Self {
        let mut scope = Scope::default();
        for pat in inputs {
            scope.visit_pat(&pat);
        }
        scope.visit_block(block);
        self.scopes.insert(0, scope);
        self
    }

    /// What `path` means.
    pub(crate) fn resolve(&self, path: &Path) -> Meaning {
        let names = names(path);
        if path.leading_colon.is_some() {
            return Meaning::Absolute(vec![names]);
        }
        self.resolve_names(names, DEPTH)
    }

    fn resolve_names(&self, path: Vec<String>, depth: usize) -> Meaning {
        let Some((first, rest)) = path.split_first() else {
            return Meaning::Unknown(path);
        };
        if matches!(&**first, "crate" | "self" | "super" | "Self") {
            return Meaning::Own;
        }
        let mut candidates = Vec::new();
        for scope in &self.scopes {
            if let Some(full) = scope.uses.get(first) {
                let whole: Vec<_> = full.iter().chain(rest).cloned().collect();
                // `use rand;` and `use tokio::{self}` stand for themselves.
                let same = full.first() == Some(first);
                return if same || depth == 0 {
                    Meaning::Absolute(vec![whole])
                } else {
                    match self.resolve_names(whole.clone(), depth - 1) {
                        Meaning::Unknown(_) => Meaning::Absolute(vec![whole]),
                        Meaning::Own => Meaning::Own,
                        Meaning::Absolute(mut full) => {
                            full.push(whole);
                            Meaning::Absolute(full)
                        }
                    }
                };
            }
            if scope.own.contains(first) || rest.is_empty() && scope.variables.contains(first) {
                return Meaning::Own;
            }
            for glob in &scope.globs {
                candidates.push(glob.iter().chain(&path).cloned().collect());
            }
        }
        if CRATES.contains(&&**first) && !rest.is_empty() {
            return Meaning::Absolute(vec![path]);
        }
        if self.partial {
            return Meaning::Unknown(path);
        }
        Meaning::Absolute(candidates)
    }

    /// Whether a path is the bare name of a variable or parameter.
    pub(crate) fn is_variable(&self, path: &Path) -> bool {
        path.get_ident().is_some_and(|name| {
            let name = name.unraw().to_string();
            let mut scopes = self.scopes.iter();
            scopes.any(|scope| scope.variables.contains(&name))
        })
    }

    /// Whether a path can mean something of this library.
    pub(crate) fn may_be_ours(&self, path: &Path) -> bool {
        match self.resolve(path) {
            Meaning::Own => false,
            Meaning::Unknown(_) => true,
            // Everything for people stands in the crate itself or in its prelude.
            Meaning::Absolute(full) => full.iter().any(|path| {
                let prelude = path.get(1).is_some_and(|module| module == "prelude");
                path.len() == 2 + usize::from(prelude) && starts_with(path, &["durable_runtime"])
            }),
        }
    }

    /// Whether a `use` declaration names it.
    pub(crate) fn imports(&self, name: &str) -> bool {
        self.scopes
            .iter()
            .any(|scope| scope.uses.contains_key(name))
    }

    /// Whether the trait of this name of one of these crates is in scope.
    pub(crate) fn has_trait(&self, roots: &[&str], name: &str) -> bool {
        self.scopes.iter().any(|scope| {
            let named = scope.uses.values().chain(&scope.nameless).any(|path| {
                path.last().is_some_and(|last| last == name) && starts_with(path, roots)
            });
            let glob = scope.globs.iter().any(|path| {
                starts_with(path, roots)
                    && path.last().is_some_and(|last| {
                        matches!(&**last, "prelude" | "stream" | "iter" | "future")
                    })
            });
            named || glob
        })
    }

    /// The last name of the type of a static that is declared in reach.
    pub(crate) fn type_of_static(&self, name: &str) -> Option<&str> {
        let mut found = self
            .scopes
            .iter()
            .filter_map(|scope| scope.statics.get(name));
        found.next().map(String::as_str)
    }
}

/// This library and the crates that rules are about, which need no `use`.
const CRATES: &[&str] = &[
    "durable_runtime",
    "std",
    "core",
    "alloc",
    "tokio",
    "chrono",
    "time",
    "jiff",
    "uuid",
    "ulid",
    "nanoid",
    "rand",
    "rand_core",
    "fastrand",
    "getrandom",
    "futures",
    "futures_util",
    "rayon",
    "dotenv",
    "dotenvy",
    "reqwest",
    "ureq",
    "tempfile",
    "indexmap",
    "hashbrown",
    "async_std",
    "smol",
];

/// The names of a path, without their arguments.
pub(crate) fn names(path: &Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.unraw().to_string())
        .collect()
}

fn starts_with(path: &[String], roots: &[&str]) -> bool {
    path.first().is_some_and(|first| roots.contains(&&**first))
}

impl Scope {
    fn item(&mut self, item: &Item) {
        let ident: Option<&Ident> = match item {
            Item::Use(found) => {
                self.tree(&found.tree, &mut Vec::new());
                None
            }
            Item::Const(found) => Some(&found.ident),
            Item::Enum(found) => Some(&found.ident),
            Item::Fn(found) => Some(&found.sig.ident),
            Item::Macro(found) => found.ident.as_ref(),
            Item::Mod(found) => Some(&found.ident),
            Item::Static(found) => {
                if let Type::Path(ty) = &*found.ty
                    && let Some(last) = ty.path.segments.last()
                {
                    let name = found.ident.to_string();
                    self.statics.insert(name, last.ident.to_string());
                }
                Some(&found.ident)
            }
            Item::Struct(found) => Some(&found.ident),
            Item::Trait(found) => Some(&found.ident),
            Item::Type(found) => Some(&found.ident),
            Item::Union(found) => Some(&found.ident),
            _ => None,
        };
        self.own
            .extend(ident.map(|ident| ident.unraw().to_string()));
    }

    fn tree(&mut self, tree: &UseTree, prefix: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.unraw().to_string());
                self.tree(&path.tree, prefix);
                prefix.pop();
            }
            UseTree::Name(name) => self.bind(&name.ident, name.ident.unraw().to_string(), prefix),
            UseTree::Rename(rename) => {
                self.bind(&rename.ident, rename.rename.unraw().to_string(), prefix);
            }
            UseTree::Glob(_) => self.globs.push(prefix.clone()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, prefix);
                }
            }
        }
    }

    fn bind(&mut self, ident: &Ident, name: String, prefix: &[String]) {
        let mut path = prefix.to_vec();
        let name = if ident == "self" {
            let last = prefix.last().cloned().unwrap_or_default();
            if name == "self" { last } else { name }
        } else {
            path.push(ident.unraw().to_string());
            name
        };
        if name == "_" {
            self.nameless.push(path);
        } else {
            self.uses.insert(name, path);
        }
    }
}

impl Visit<'_> for Scope {
    fn visit_item(&mut self, item: &Item) {
        self.item(item);
    }

    fn visit_pat_ident(&mut self, pat: &syn::PatIdent) {
        self.variables.insert(pat.ident.unraw().to_string());
        visit::visit_pat_ident(self, pat);
    }
}
