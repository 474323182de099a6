//! Reads the file that a function stands in, for the names that are in scope there.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use quote::ToTokens as _;
use syn::{Item, Signature};

use super::names::Names;

/// A function's signature as text, and the names around it.
///
/// Plain data: the compiler's tokens must not outlive the expansion that they were made in.
type Functions = Vec<(String, Names)>;

thread_local! {
    /// One file holds many workflows, and each asks for it. `None`: it can't be read, or is half typed.
    static FILES: RefCell<HashMap<PathBuf, Option<Rc<Functions>>>> = RefCell::default();
}

/// The names in scope around the function of this signature; unread where there is no file, as in an editor's own
/// expansion, or where the function can't be found in it, as when another macro made it.
pub(crate) fn around(sig: &Signature) -> Names {
    let Some(path) = sig.ident.span().local_file() else {
        return Names::unread();
    };
    let functions = FILES.with_borrow_mut(|files| {
        files
            .entry(path)
            .or_insert_with_key(|path| {
                let text = std::fs::read_to_string(path).ok()?;
                let file = syn::parse_file(&text).ok()?;
                Some(Rc::new(functions(&file)))
            })
            .clone()
    });
    functions.map_or_else(Names::unread, |functions| pick(&functions, sig))
}

/// Every function of the file that stands in a module.
pub(crate) fn functions(file: &syn::File) -> Functions {
    let mut found = Vec::new();
    collect(&[&file.items], &mut found);
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

fn collect(modules: &[&[Item]], found: &mut Functions) {
    let Some(items) = modules.last().copied() else {
        return;
    };
    for item in items {
        match item {
            Item::Fn(function) => {
                let inner: Vec<_> = modules.iter().rev().copied().collect();
                found.push((text(&function.sig), Names::of_modules(&inner)));
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    let inner: Vec<&[Item]> = modules.iter().copied().chain([&**items]).collect();
                    collect(&inner, found);
                }
            }
            _ => {}
        }
    }
}

fn text(sig: &Signature) -> String {
    sig.to_token_stream().to_string()
}
