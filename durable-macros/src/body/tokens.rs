//! Looks through the tokens of a macro that nobody has parsed yet.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Path;
use syn::ext::IdentExt as _;

use super::calls::VALUES;
use super::combinator::Combinator;

/// Whether `.await` is anywhere in `tokens`.
pub(crate) fn has_await(tokens: &TokenStream) -> bool {
    any(tokens, &mut |before, tree, _| {
        matches!(tree, TokenTree::Ident(word) if word == "await") && is_punct(before, '.')
    })
}

/// Whether `tokens` may hold anything that is rewritten.
pub(crate) fn may_hold_sites(tokens: &TokenStream) -> bool {
    any(tokens, &mut |before, tree, after| {
        let TokenTree::Ident(word) = tree else {
            return false;
        };
        let word = word.unraw().to_string();
        match &*word {
            "await" => is_punct(before, '.'),
            "async" => true,
            word if Combinator::named(word).is_some() => is_punct(after, '!'),
            word if VALUES.contains(&word) => {
                !is_punct(before, '.') && (is_call(after) || is_punct(after, ':'))
            }
            _ => false,
        }
    })
}

fn is_punct(tree: Option<&TokenTree>, wanted: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_call(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}

type Test<'a> = dyn FnMut(Option<&TokenTree>, &TokenTree, Option<&TokenTree>) -> bool + 'a;

/// Whether `test` holds for any tree, given its neighbours, at any depth.
fn any(tokens: &TokenStream, test: &mut Test<'_>) -> bool {
    let trees: Vec<_> = tokens.clone().into_iter().collect();
    trees.iter().enumerate().any(|(number, tree)| {
        let before = number.checked_sub(1).and_then(|number| trees.get(number));
        let after = trees.get(number + 1);
        if let TokenTree::Group(group) = tree {
            any(&group.stream(), test)
        } else {
            test(before, tree, after)
        }
    })
}

/// The last name of a path.
pub(crate) fn last_segment(path: &Path) -> String {
    path.segments
        .last()
        .map(|segment| segment.ident.unraw().to_string())
        .unwrap_or_default()
}

/// A path as it was written, for a message.
pub(crate) fn shown(path: &Path) -> String {
    let names = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string());
    names.collect::<Vec<_>>().join("::")
}

/// Whether a path can mean something of this library: a bare name, or one that starts with us.
pub(crate) fn is_ours(path: &Path) -> bool {
    path.segments.len() == 1
        || path
            .segments
            .first()
            .is_some_and(|first| first.ident == "durable_runtime")
}

/// Whether a path is written as constants and statics are.
pub(crate) fn is_screaming(path: &Path) -> bool {
    let name = last_segment(path);
    name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
