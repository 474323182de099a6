//! Source files with `#[durable_workflow]`, `#[step]` and `#[durable_helper]` in them, finished or half typed: the macros answer with tokens, the same each
//! time, and for a function that parses with items that parse. rustc's own errors are for what else is wrong.
//!
//! A crate of procedural macros exports nothing else, so its modules are compiled into the target.
#![no_main]
#![allow(
    dead_code,
    reason = "of the modules' own entry points and helpers for tests"
)]

#[path = "../../durable-macros/src/body/mod.rs"]
mod body;
#[path = "../../durable-macros/src/diag.rs"]
mod diag;
#[path = "../../durable-macros/src/expand/mod.rs"]
mod expand;
#[path = "../../durable-macros/src/identity.rs"]
mod identity;
#[path = "../../durable-macros/src/input.rs"]
mod input;
#[path = "../../durable-macros/src/key.rs"]
mod key;
#[path = "../../durable-macros/src/literal.rs"]
mod literal;
#[path = "../../durable-macros/src/options/mod.rs"]
mod options;
#[path = "../../durable-macros/src/rules/mod.rs"]
mod rules;
#[path = "../../durable-macros/src/sites.rs"]
mod sites;
#[path = "../../durable-macros/src/skeleton/mod.rs"]
mod skeleton;
#[path = "../../durable-macros/src/surroundings.rs"]
mod surroundings;
#[path = "../../durable-macros/src/validate.rs"]
mod validate;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{File, ItemFn};

use self::rules::names::Names;
use self::rules::source::{functions, pick};
use self::surroundings::Surroundings;

/// The functions of a file by their signatures, and the names around each.
type Functions = Vec<(String, Names)>;

/// Deeper brackets are no business of a macro: rustc itself follows 128 levels of most things, and a parser's stack is what ends here.
const DEEPEST: usize = 64;

/// An item as it was found, without the attribute whose macro is to expand it.
struct Annotated {
    attribute: String,
    options: TokenStream,
    item: TokenStream,
}

impl Annotated {
    fn new(mut trees: Vec<TokenTree>) -> Self {
        for place in 0..trees.len().saturating_sub(1) {
            let attribute = match (&trees[place], &trees[place + 1]) {
                (TokenTree::Punct(punct), TokenTree::Group(group)) if punct.as_char() == '#' => {
                    named(group)
                }
                _ => None,
            };
            if let Some((attribute, options)) = attribute {
                trees.drain(place..place + 2);
                return Self {
                    attribute,
                    options,
                    item: trees.into_iter().collect(),
                };
            }
        }
        Self {
            attribute: "durable_workflow".to_owned(),
            options: TokenStream::new(),
            item: trees.into_iter().collect(),
        }
    }

    fn expand(&self, file: Option<&Functions>, around: &Surroundings) -> TokenStream {
        let (options, item) = (self.options.clone(), self.item.clone());
        let names = file.and_then(|file| {
            let function = syn::parse2::<input::Function>(item.clone()).ok()?;
            Some(pick(file, &function.sig))
        });
        match self.attribute.as_str() {
            "step" => expand::step::expand_within(
                options,
                item,
                |sig| names.unwrap_or_else(|| rules::source::around(sig)),
                around,
            ),
            "durable_helper" => expand::helper::expand_within(options, item, around),
            "allow_durable" => rules::allow::move_down(options, item),
            _ => expand::workflow::expand_within(options, item, names, around),
        }
    }

    fn check(&self, file: Option<&Functions>) {
        let is_function = syn::parse2::<ItemFn>(self.item.clone()).is_ok();
        for around in surroundings() {
            let expansion = self.expand(file, &around);
            let text = expansion.to_string();
            // An editor is given back what does not parse, such as half a branch, where it looks for the cursor.
            let parses = is_function && !around.editor;
            if parses && let Err(error) = syn::parse2::<File>(expansion) {
                panic!("{error}: {text}");
            }
            if !around.editor && around.manifests.is_none() {
                let again = self.expand(file, &around).to_string();
                assert_eq!(text, again, "expanded twice");
            }
        }
    }
}

/// The compiler's; an editor's; and those where somebody has asked for manifests, which are made and then can't be written.
fn surroundings() -> [Surroundings; 3] {
    let mut editor = Surroundings::default();
    editor.editor = true;
    let mut listing = Surroundings::default();
    listing.manifests = Some("/dev/null/manifests".into());
    listing.replay_tests = true;
    [Surroundings::default(), editor, listing]
}

/// The macro that an attribute stands for, with its options.
fn named(attribute: &Group) -> Option<(String, TokenStream)> {
    let mut name = None;
    let mut options = TokenStream::new();
    for tree in attribute.stream() {
        match tree {
            TokenTree::Ident(ident) => name = Some(ident.to_string()),
            TokenTree::Group(group) => options = group.stream(),
            _ => {}
        }
    }
    let macros = [
        "durable_workflow",
        "step",
        "durable_helper",
        "allow_durable",
    ];
    name.filter(|name| macros.contains(&name.as_str()))
        .map(|name| (name, options))
}

/// The tokens of each item, which a body or a semicolon ends.
fn items(tokens: TokenStream) -> Vec<Annotated> {
    let mut found = Vec::new();
    let mut item = Vec::new();
    for tree in tokens {
        let ends = match &tree {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        item.push(tree);
        if ends {
            found.push(Annotated::new(std::mem::take(&mut item)));
        }
    }
    if !item.is_empty() {
        found.push(Annotated::new(item));
    }
    found
}

fn depth(tokens: TokenStream) -> usize {
    let below = tokens.into_iter().map(|tree| match tree {
        TokenTree::Group(group) => 1 + depth(group.stream()),
        _ => 0,
    });
    below.max().unwrap_or(0)
}

fn check(text: &str) {
    let Ok(tokens) = text.parse::<TokenStream>() else {
        return;
    };
    if depth(tokens.clone()) > DEEPEST {
        return;
    }
    let file = syn::parse2::<File>(tokens.clone()).ok();
    let file = file.map(|file| functions(&file));
    for item in items(tokens) {
        item.check(file.as_ref());
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = str::from_utf8(data) {
        check(text);
    }
    // Every text that was parsed is kept for its spans, in which nobody is interested any more.
    proc_macro2::extra::invalidate_current_thread_spans();
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = durable_fuzz::mutate::tokens(data, size, max_size, seed);
    proc_macro2::extra::invalidate_current_thread_spans();
    size
});
