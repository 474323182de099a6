//! Reads the file that a function stands in, for the names that are in scope there.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use quote::ToTokens as _;
use syn::{Item, Signature, Stmt};

use super::names::{Layer, Names};

/// A function's signature as text, and the names around it.
///
/// Plain data: the compiler's tokens must not outlive the expansion that they were made in.
type Functions = Vec<(String, Names)>;

thread_local! {
    /// One file holds many workflows, and each asks for it. An editor's process outlives what it has read.
    static FILES: RefCell<HashMap<PathBuf, Known>> = RefCell::default();
}

/// A file as it was read.
struct Known {
    changed: Option<SystemTime>,
    /// `None`: it can't be read, or is half typed.
    functions: Option<Rc<Functions>>,
}

impl Known {
    fn read(path: &Path, changed: Option<SystemTime>) -> Self {
        let text = std::fs::read_to_string(path).ok();
        let file = text.and_then(|text| syn::parse_file(&text).ok());
        Self {
            changed,
            functions: file.map(|file| Rc::new(functions(&file))),
        }
    }
}

/// The names in scope around the function of this signature; unread where there is no file, as in an editor's own
/// expansion, or where the function can't be found in it, as when another macro made it.
pub(crate) fn around(sig: &Signature) -> Names {
    let Some(path) = sig.ident.span().local_file() else {
        return Names::unread();
    };
    let changed = std::fs::metadata(&path)
        .and_then(|file| file.modified())
        .ok();
    let functions = FILES.with_borrow_mut(|files| {
        if files
            .get(&path)
            .is_none_or(|known| known.changed != changed)
        {
            files.insert(path.clone(), Known::read(&path, changed));
        }
        files.get(&path).and_then(|known| known.functions.clone())
    });
    functions.map_or_else(Names::unread, |functions| pick(&functions, sig))
}

/// Every function of the file that stands in a module, or in another function.
pub(crate) fn functions(file: &syn::File) -> Functions {
    let mut found = Vec::new();
    let module = Layer {
        items: file.items.iter().collect(),
        is_block: false,
    };
    collect(&[module], &mut found);
    found
}

/// The names around the function of this signature.
pub(crate) fn pick(functions: &[(String, Names)], sig: &Signature) -> Names {
    let text = text(sig);
    let mut alike = functions.iter().filter(|(other, _)| *other == text);
    match (alike.next(), alike.next()) {
        (Some((_, names)), None) => names.clone(),
        // Which of several it is can't be seen from here.
        _ => Names::unread(),
    }
}

fn collect(layers: &[Layer<'_>], found: &mut Functions) {
    let Some(innermost) = layers.last() else {
        return;
    };
    for item in &innermost.items {
        let inner = match item {
            Item::Fn(function) => {
                found.push((text(&function.sig), Names::of_layers(layers)));
                let items = function.block.stmts.iter().filter_map(|stmt| match stmt {
                    Stmt::Item(item) => Some(item),
                    _ => None,
                });
                Layer {
                    items: items.collect(),
                    is_block: true,
                }
            }
            Item::Mod(module) => Layer {
                items: module.content.iter().flat_map(|(_, items)| items).collect(),
                is_block: false,
            },
            _ => continue,
        };
        if !inner.items.is_empty() {
            let layers: Vec<_> = layers.iter().cloned().chain([inner]).collect();
            collect(&layers, found);
        }
    }
}

fn text(sig: &Signature) -> String {
    sig.to_token_stream().to_string()
}
