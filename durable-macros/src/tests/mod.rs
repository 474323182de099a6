//! Specifications of the expansions, on token streams: no compiler runs.

mod combinators;
mod editor;
mod expression_lists;
mod false_positives;
mod guards;
mod harmless;
mod identity;
mod ids;
mod keys;
mod locked;
mod manifest;
mod mistakes;
mod options;
mod places;
mod rewriting;
mod round_trip;
mod rules;
mod step;
mod workflow;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Expr, ExprStruct, File, Item, ItemFn, ItemMacro, Member};

use crate::expand;

/// What a macro makes of a function.
struct Expansion {
    tokens: TokenStream,
    errors: Vec<String>,
}

/// The tokens of a text.
fn tokens(text: &str) -> TokenStream {
    text.parse().expect("the test's text has balanced brackets")
}

/// Expands `#[durable_workflow(options)] item`.
fn workflow_with(options: &str, item: &str) -> Expansion {
    Expansion::new(expand::workflow::expand(tokens(options), tokens(item)))
}

/// Expands `#[durable_workflow] item`.
fn workflow(item: &str) -> Expansion {
    workflow_with("", item)
}

/// Expands the one workflow of a file, `w`, whose names are those of the file.
fn in_file(text: &str) -> Expansion {
    fn find(items: &[Item]) -> Option<&ItemFn> {
        items.iter().find_map(|item| match item {
            Item::Fn(found) if found.sig.ident == "w" => Some(found),
            Item::Fn(outer) => outer.block.stmts.iter().find_map(|stmt| match stmt {
                syn::Stmt::Item(item) => find(std::slice::from_ref(item)),
                _ => None,
            }),
            Item::Mod(module) => module.content.as_ref().and_then(|(_, items)| find(items)),
            _ => None,
        })
    }
    let file = syn::parse_str::<File>(text).expect("the test's text is a file");
    let found = find(&file.items).expect("the test's text has a `w`");
    let names = crate::rules::source::pick(&crate::rules::source::functions(&file), &found.sig);
    Expansion::new(expand::workflow::expand_within(
        TokenStream::new(),
        found.to_token_stream(),
        Some(names),
        &crate::surroundings::Surroundings::default(),
    ))
}

/// Expands a workflow called `w` with this body.
fn body(statements: &str) -> Expansion {
    workflow(&format!("async fn w() {{\n{statements}\n}}"))
}

/// Expands `#[step(options)] item`.
fn step(options: &str, item: &str) -> Expansion {
    Expansion::new(expand::step::expand(tokens(options), tokens(item)))
}

/// One row of the table, as it is written in the expansion.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    id: String,
    key: String,
    slot: String,
    line: String,
    order: String,
    loops: String,
    branches: String,
    floating: bool,
    closures: String,
    flat: bool,
}

impl Expansion {
    fn new(tokens: TokenStream) -> Self {
        struct Errors(Vec<String>);
        impl Visit<'_> for Errors {
            fn visit_item_macro(&mut self, item: &ItemMacro) {
                if item.mac.path.segments.last().unwrap().ident == "compile_error" {
                    let text: syn::LitStr = item.mac.parse_body().unwrap();
                    self.0.push(text.value());
                }
            }
        }
        let mut errors = Errors(Vec::new());
        if let Ok(file) = syn::parse2::<File>(tokens.clone()) {
            errors.visit_file(&file);
        }
        Self {
            tokens,
            errors: errors.0,
        }
    }

    /// The whole expansion, which must be free of mistakes.
    fn text(&self) -> String {
        self.sound();
        self.formatted()
    }

    /// The whole expansion, beside whatever is wrong.
    fn formatted(&self) -> String {
        let file = syn::parse2::<File>(self.tokens.clone());
        prettyplease::unparse(&file.expect("the expansion is a list of items"))
    }

    fn sound(&self) -> &Self {
        assert_eq!(self.errors, Vec::<String>::new(), "unexpected errors");
        self
    }

    /// The rows of the table.
    fn rows(&self) -> Vec<Row> {
        self.sound();
        struct Rows(Vec<Row>);
        impl Visit<'_> for Rows {
            fn visit_expr_struct(&mut self, found: &ExprStruct) {
                let is_site = found.path.segments.last().unwrap().ident == "Site";
                assert!(is_site, "only sites are built: {}", found.to_token_stream());
                self.0.push(row(found));
            }
        }
        let mut rows = Rows(Vec::new());
        for item in &syn::parse2::<File>(self.tokens.clone()).unwrap().items {
            if let syn::Item::Impl(found) = item {
                rows.visit_item_impl(found);
            }
        }
        rows.0
    }

    /// The keys of the table.
    fn keys(&self) -> Vec<String> {
        self.rows().into_iter().map(|row| row.key).collect()
    }

    /// The workflow's body, formatted, without its braces.
    fn body(&self) -> String {
        self.sound();
        struct Body(Option<ItemFn>);
        impl Visit<'_> for Body {
            fn visit_item_fn(&mut self, found: &ItemFn) {
                if found.sig.ident == "__dw_body" {
                    self.0 = Some(found.clone());
                }
                syn::visit::visit_item_fn(self, found);
            }
        }
        let mut body = Body(None);
        body.visit_file(&syn::parse2::<File>(self.tokens.clone()).unwrap());
        formatted(&body.0.expect("a workflow has a body").block.stmts)
    }
}

fn row(found: &ExprStruct) -> Row {
    let field = |name: &str| {
        let field = found
            .fields
            .iter()
            .find(|field| matches!(&field.member, Member::Named(member) if member == name));
        field
            .unwrap_or_else(|| panic!("no field {name}"))
            .expr
            .clone()
    };
    let id = match field("id") {
        Expr::Unary(unary) => syn::parse2::<syn::LitByteStr>(unary.expr.to_token_stream()).unwrap(),
        other => panic!("not an id: {}", other.to_token_stream()),
    };
    let text = |name: &str| field(name).to_token_stream().to_string().replace(' ', "");
    Row {
        id: id
            .value()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        key: syn::parse2::<syn::LitStr>(field("key").to_token_stream())
            .unwrap()
            .value(),
        slot: text("slot"),
        line: text("line"),
        order: text("order"),
        loops: text("loops"),
        branches: text("branches"),
        floating: text("floating") == "true",
        closures: text("closures"),
        flat: text("flat") == "true",
    }
}

fn formatted(stmts: &[syn::Stmt]) -> String {
    let function: ItemFn = syn::parse_quote!(fn body() { #(#stmts)* });
    let file: File = syn::parse_quote!(#function);
    prettyplease::unparse(&file)
}

/// Asserts that a workflow `w` with the body `given` runs the statements `expected`.
#[track_caller]
fn becomes(given: &str, expected: &str) {
    let mut pieces = expected.split("$[");
    let mut expected = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (row, rest) = piece.split_once(']').expect("`$[row]`");
        expected = format!("{expected}w::__DW_SITE_{row}{rest}");
    }
    let parsed = syn::parse::Parser::parse2(syn::Block::parse_within, tokens(&expected));
    let expected = formatted(&parsed.expect("the expected statements parse"));
    let found = body(given).body();
    // In a macro's tokens the formatter keeps the spaces they happen to have.
    assert!(
        essence(&found) == essence(&expected),
        "found\n{found}\nexpected\n{expected}"
    );
}

/// Asserts that these are all the errors: for each, its rule and a part of its first line.
#[track_caller]
fn reports(expansion: &Expansion, expected: &[(&str, &str)]) {
    let found = &expansion.errors;
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (error, (rule, part)) in found.iter().zip(expected) {
        let (first, help) = error
            .split_once("\n  = help: ")
            .expect("every error has a help");
        assert!(first.ends_with(&format!("[{rule}]")), "{error}");
        assert!(first.contains(part), "{error}");
        assert!(!help.is_empty());
    }
}

/// A text without what a formatter adds: white space and trailing commas.
fn essence(text: &str) -> String {
    let mut text: String = text.split_whitespace().collect();
    for close in [")", "]", "}", ">", "{", "|"] {
        text = text.replace(&format!(",{close}"), close);
    }
    text
}

/// Asserts that these parts are in the text.
#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(
            essence(text).contains(&essence(part)),
            "{part}\nis not in\n{text}"
        );
    }
}
