//! `#[allow_durable(DW003, reason = "…")]`: lets one rule pass, and says why.

use durable_lock::manifest::Exception;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitStr, Meta, Token};

use crate::diag::{Errors, Rule, error};
use crate::input::{Function, span_of};

/// The rules that can be allowed: those that go by names, which may be wrong about what they see.
const ALLOWABLE: &[Rule] = &[
    Rule::Clock,
    Rule::RandomId,
    Rule::Random,
    Rule::Spawn,
    Rule::Select,
    Rule::ForeignJoin,
    Rule::Unordered,
    Rule::Environment,
    Rule::Outside,
    Rule::SharedState,
    Rule::Print,
    Rule::CatchUnwind,
];

/// What is written in the parentheses.
struct Arguments {
    rules: Vec<Ident>,
    reason: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut arguments = Self {
            rules: Vec::new(),
            reason: None,
        };
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            if name == "reason" {
                input.parse::<Token![=]>()?;
                arguments.reason = Some(input.parse()?);
            } else {
                arguments.rules.push(name);
            }
            if input.is_empty() {
                break;
            }
            input.parse::<Token![,]>()?;
        }
        Ok(arguments)
    }
}

/// Whether this is the attribute.
fn is_allow(attr: &Attribute) -> bool {
    let mut names = attr.path().segments.iter();
    names
        .next_back()
        .is_some_and(|last| last.ident == "allow_durable")
}

/// The rules that the attributes among `attrs` let pass, and what there is to say about them.
pub(crate) fn allowed(
    attrs: &[Attribute],
    exceptions: &mut Vec<Exception>,
    errors: &mut Errors,
) -> Vec<Rule> {
    let mut allowed = Vec::new();
    for attr in attrs.iter().filter(|attr| is_allow(attr)) {
        let before = allowed.len();
        match read(attr, &mut allowed) {
            Ok(reason) => {
                let rules = allowed.iter().skip(before);
                exceptions.push(Exception {
                    rules: rules.map(|rule| rule.id().to_owned()).collect(),
                    reason,
                    line: u32::try_from(span_of(attr).start().line).unwrap_or(u32::MAX),
                });
            }
            Err(error) => errors.push(error),
        }
    }
    allowed
}

/// Takes the attributes out, which mean nothing to the compiler.
pub(crate) fn strip(attrs: &mut Vec<Attribute>) {
    attrs.retain(|attr| !is_allow(attr));
}

/// Adds the rules that are named, and returns the reason. A rule whose reason is missing passes too: one mistake is one error.
fn read(attr: &Attribute, allowed: &mut Vec<Rule>) -> syn::Result<String> {
    let tokens = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let arguments: Arguments = syn::parse2(tokens).map_err(|cause| {
        error(
            attr,
            Rule::Allow,
            format!("this is not an `#[allow_durable]`: {cause}"),
            EXAMPLE,
        )
    })?;
    if arguments.rules.is_empty() {
        return Err(error(attr, Rule::Allow, "this names no rule", EXAMPLE));
    }
    for name in &arguments.rules {
        let rule = ALLOWABLE.iter().find(|rule| name == rule.id());
        allowed.push(*rule.ok_or_else(|| refused(name))?);
    }
    match &arguments.reason {
        Some(reason) if !reason.value().trim().is_empty() => Ok(reason.value()),
        Some(reason) => Err(error(
            reason,
            Rule::Allow,
            "this reason is empty",
            "say why a replay is right all the same",
        )),
        None => Err(error(
            attr,
            Rule::Allow,
            "this gives no reason",
            format!("say why a replay is right all the same: {EXAMPLE}"),
        )),
    }
}

const EXAMPLE: &str = "`#[allow_durable(DW003, reason = \"only for a log line\")]`";

fn refused(name: &Ident) -> syn::Error {
    let list: Vec<_> = ALLOWABLE.iter().map(|rule| rule.id()).collect();
    error(
        name,
        Rule::Allow,
        format!("`{name}` is no rule that can be allowed"),
        format!("these can: {}", list.join(", ")),
    )
}

/// The attribute above `#[durable_workflow]` is expanded before it, and goes below it, where that finds it.
pub(crate) fn move_down(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let is_workflow = syn::parse2::<Function>(item.clone()).is_ok_and(|function| {
        function.attrs.iter().any(|attr| {
            let last = attr.path().segments.last();
            last.is_some_and(|last| {
                last.ident == "durable_workflow" || last.ident == "durable_helper"
            })
        })
    });
    if is_workflow {
        return below(&quote!(#[allow_durable(#arguments)]), item);
    }
    let error = error(
        &arguments,
        Rule::Allow,
        "this is no workflow, and rules hold in workflows only",
        "put `#[allow_durable]` on a `#[durable_workflow]`, or on a statement in one",
    );
    let error = error.to_compile_error();
    quote!(#error #item)
}

/// `item` with another attribute behind those that it has.
fn below(attribute: &TokenStream, item: TokenStream) -> TokenStream {
    let mut trees = item.into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(tree) = trees.next_if(
        |tree| matches!(tree, proc_macro2::TokenTree::Punct(punct) if punct.as_char() == '#'),
    ) {
        out.extend([tree]);
        out.extend(trees.next());
    }
    out.extend(attribute.clone());
    out.extend(trees);
    out
}
