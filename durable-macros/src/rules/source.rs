//! Reads the file that a function stands in, for the names that are in scope there.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use syn::{Item, ItemFn, Signature};

use super::names::{Names, same};

thread_local! {
    /// One file holds many workflows, and each asks for it.
    static FILES: RefCell<HashMap<PathBuf, Option<Rc<syn::File>>>> = RefCell::default();
}

/// The names in scope around the function of this signature; unread where there is no file, as in an editor's own
/// expansion, or where the function can't be found in it, as when another macro made it.
pub(crate) fn around(sig: &Signature) -> Names {
    let Some(path) = sig.ident.span().local_file() else {
        return Names::unread();
    };
    let file = FILES.with_borrow_mut(|files| {
        files
            .entry(path)
            .or_insert_with_key(|path| {
                let text = std::fs::read_to_string(path).ok()?;
                syn::parse_file(&text).ok().map(Rc::new)
            })
            .clone()
    });
    file.map_or_else(Names::unread, |file| within(&file, sig))
}

/// The names in scope around the function in this file.
pub(crate) fn within(file: &syn::File, sig: &Signature) -> Names {
    let mut found = Vec::new();
    find(&mut vec![&file.items], sig, &mut found);
    match found.len() {
        1 => found.pop().unwrap_or_else(Names::unread),
        // Which of them it is can't be seen from here.
        _ => Names::unread(),
    }
}

fn find<'a>(modules: &mut Vec<&'a [Item]>, sig: &Signature, found: &mut Vec<Names>) {
    let Some(items) = modules.last().copied() else {
        return;
    };
    for item in items {
        match item {
            Item::Fn(ItemFn { sig: other, .. }) if other.ident == sig.ident && same(other, sig) => {
                let inner: Vec<_> = modules.iter().rev().copied().collect();
                found.push(Names::of_modules(&inner));
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    modules.push(items);
                    find(modules, sig, found);
                    modules.pop();
                }
            }
            _ => {}
        }
    }
}
