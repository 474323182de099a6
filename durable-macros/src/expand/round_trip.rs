//! Results that JSON does not give back as they were (DW022).

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{GenericArgument, Path, PathArguments, ReturnType, Signature, Type, TypePath};

use crate::body::tokens;
use crate::rules::names::{Meaning, Names};

/// What a type is to JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Result,
    Option,
    /// An array of its items.
    List,
    Map,
    /// The same as what is in it.
    Pointer,
}

/// The types whose JSON is known, and the crates that they are from.
const FAMILIES: &[(Family, &[&str], &[&str])] = &[
    (Family::Option, STD, &["Option"]),
    (
        Family::List,
        STD,
        &[
            "Vec",
            "VecDeque",
            "LinkedList",
            "BinaryHeap",
            "BTreeSet",
            "HashSet",
        ],
    ),
    (Family::List, &["indexmap"], &["IndexSet"]),
    (Family::List, &["hashbrown"], &["HashSet"]),
    (Family::Map, STD, &["HashMap", "BTreeMap"]),
    (Family::Map, &["indexmap"], &["IndexMap"]),
    (Family::Map, &["hashbrown"], &["HashMap"]),
    (Family::Pointer, STD, &["Box", "Rc", "Arc", "Cow"]),
];
const STD: &[&str] = &["std", "core", "alloc"];

/// The types above that need no `use`.
const PRELUDE: &[&str] = &["Option", "Vec", "Box"];

/// The runtime's item that says what is lost, and where.
type Loss = (&'static str, Span);

/// Statements that warn where the result of a function loses something. The file around it, which is what `names` reads, only
/// matters to a type that may do so.
pub(super) fn warnings(sig: &Signature, names: impl FnOnce() -> Names) -> TokenStream {
    let ReturnType::Type(_, output) = &sig.output else {
        return TokenStream::new();
    };
    if losses(output, &may_be).is_empty() {
        return TokenStream::new();
    }
    let names = names();
    losses(output, &|path, family| is(&names, path, family))
        .into_iter()
        .map(|(item, span)| {
            let item = Ident::new(item, span);
            quote_spanned!(Span::mixed_site()=> const _: () = ::durable_runtime::warning::#item();)
        })
        .collect()
}

/// Whether the text alone allows for it: any name can have been given to a type by `use .. as ..`.
fn may_be(path: &Path, family: Family) -> bool {
    let name = tokens::last_segment(path);
    if name == "Result" {
        return family == Family::Result;
    }
    family_of(|_, names| names.contains(&&*name)).is_none_or(|found| found == family)
}

fn is(names: &Names, path: &Path, family: Family) -> bool {
    let word = tokens::last_segment(path);
    // Of which crate it is doesn't matter: aliases for one error are common.
    if word == "Result" {
        return family == Family::Result;
    }
    let by_word = || family_of(|_, names| names.contains(&&*word));
    let found = match names.resolve(path) {
        Meaning::Own => None,
        Meaning::Absolute(full) => {
            let is_prelude = path.segments.len() == 1 && PRELUDE.contains(&&*word);
            if is_prelude && !names.imports(&word) {
                by_word()
            } else {
                full.iter().find_map(|full| by_full_path(full))
            }
        }
        // The names are what these types alone are called.
        Meaning::Unknown(names) if names.len() == 1 => by_word(),
        Meaning::Unknown(_) => None,
    };
    found == Some(family)
}

fn by_full_path(full: &[String]) -> Option<Family> {
    let (root, name) = (full.first()?, full.last()?);
    if name == "Result" {
        return Some(Family::Result);
    }
    family_of(|roots, names| roots.contains(&&**root) && names.contains(&&**name))
}

fn family_of(test: impl Fn(&[&str], &[&str]) -> bool) -> Option<Family> {
    let found = FAMILIES.iter().find(|(_, roots, names)| test(roots, names));
    found.map(|(family, ..)| *family)
}

/// What is lost of a type, where `is` says what its names mean.
fn losses(ty: &Type, is: &dyn Fn(&Path, Family) -> bool) -> Vec<Loss> {
    let mut walk = Walk {
        is,
        found: Vec::new(),
    };
    walk.ty(ty);
    walk.found
}

struct Walk<'a> {
    is: &'a dyn Fn(&Path, Family) -> bool,
    found: Vec<Loss>,
}

impl Walk<'_> {
    fn ty(&mut self, ty: &Type) {
        match ty {
            Type::Paren(inner) => self.ty(&inner.elem),
            Type::Group(inner) => self.ty(&inner.elem),
            Type::Array(inner) => self.ty(&inner.elem),
            Type::Slice(inner) => self.ty(&inner.elem),
            Type::Tuple(inner) => inner.elems.iter().for_each(|ty| self.ty(ty)),
            Type::Path(path) => self.path(path),
            // Of other types the text doesn't tell what JSON makes of them.
            _ => {}
        }
    }

    /// Every type of these families is one of something.
    fn is(&self, ty: &TypePath, family: Family) -> bool {
        !arguments(ty).is_empty() && (self.is)(&ty.path, family)
    }

    fn path(&mut self, ty: &TypePath) {
        let args = arguments(ty);
        let Some(first) = args.first() else { return };
        let is = |family| self.is(ty, family);
        let (is_option, is_map) = (is(Family::Option), is(Family::Map));
        let is_known = is_option || is_map;
        if !is_known
            && ![Family::Result, Family::List, Family::Pointer]
                .map(is)
                .contains(&true)
        {
            return;
        }
        if is_option {
            self.found.extend(self.nothing(first));
        }
        if is_map {
            self.found.extend(self.key(first));
        }
        args.into_iter().for_each(|ty| self.ty(ty));
    }

    /// Why the inside of an `Option` can be mistaken for `None`.
    fn nothing(&self, inner: &Type) -> Option<Loss> {
        match inner {
            Type::Tuple(inner) if inner.elems.is_empty() => {
                Some(("optional_unit", inner.paren_token.span.join()))
            }
            Type::Path(inner) if self.is(inner, Family::Option) => {
                Some(("nested_option", name(inner)?))
            }
            other => self.nothing(self.inside(other)?),
        }
    }

    /// Why a type can't be the key of a map.
    fn key(&self, key: &Type) -> Option<Loss> {
        match key {
            Type::Tuple(key) => Some(("map_key", key.paren_token.span.join())),
            Type::Array(key) => Some(("map_key", key.bracket_token.span.join())),
            Type::Slice(key) => Some(("map_key", key.bracket_token.span.join())),
            Type::Path(key) if self.is(key, Family::Option) => {
                Some(("optional_map_key", name(key)?))
            }
            Type::Path(key) if self.is(key, Family::List) || self.is(key, Family::Map) => {
                Some(("map_key", name(key)?))
            }
            other => self.key(self.inside(other)?),
        }
    }

    /// What is in a pointer or in parentheses, which JSON doesn't show.
    fn inside<'t>(&self, ty: &'t Type) -> Option<&'t Type> {
        match ty {
            Type::Paren(inner) => Some(&inner.elem),
            Type::Group(inner) => Some(&inner.elem),
            Type::Path(path) if self.is(path, Family::Pointer) => arguments(path).first().copied(),
            _ => None,
        }
    }
}

/// The type arguments of a path's last name.
fn arguments(ty: &TypePath) -> Vec<&Type> {
    let last = match (&ty.qself, ty.path.segments.last()) {
        (None, Some(last)) => last,
        _ => return Vec::new(),
    };
    let PathArguments::AngleBracketed(given) = &last.arguments else {
        return Vec::new();
    };
    let types = given.args.iter().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Where the compiler warns about a path, which takes the span of one token.
fn name(ty: &TypePath) -> Option<Span> {
    let last = ty.path.segments.last()?;
    Some(last.ident.span())
}
