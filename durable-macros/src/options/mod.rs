//! Reads `name = value, flag, ..` lists with checked spelling.

pub(crate) mod helper;
pub(crate) mod retry;
pub(crate) mod step;
pub(crate) mod workflow;

use std::time::Duration;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Ident, LitStr, Path, Token};

use crate::diag::{Errors, Rule, error};
use crate::literal;

/// One option as it was written.
pub(crate) struct Entry {
    pub(crate) name: Ident,
    pub(crate) value: Option<TokenStream>,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        if input.is_empty() {
            return Ok(Self { name, value: None });
        }
        input.parse::<Token![=]>()?;
        let value: TokenStream = input.parse()?;
        if value.is_empty() {
            return Err(input.error("expected a value"));
        }
        Ok(Self {
            name,
            value: Some(value),
        })
    }
}

/// Splits a list at its commas and reads each option by itself, so that one mistake hides no other.
pub(crate) fn entries(list: TokenStream, owner: &str, errors: &mut Errors) -> Vec<Entry> {
    let mut found = Vec::new();
    for chunk in split(list) {
        match Entry::parse.parse2(chunk.clone()) {
            Ok(entry) => found.push(entry),
            Err(cause) => errors.report(
                chunk,
                Rule::Options,
                format!("this is not an option of {owner}: {cause}"),
                "options are written `name = value` with commas between them",
            ),
        }
    }
    found
}

fn split(list: TokenStream) -> Vec<TokenStream> {
    let mut chunks = vec![TokenStream::new()];
    for tree in list {
        match &tree {
            TokenTree::Punct(punct) if punct.as_char() == ',' => chunks.push(TokenStream::new()),
            _ => {
                if let Some(chunk) = chunks.last_mut() {
                    chunk.extend([tree]);
                }
            }
        }
    }
    chunks.retain(|chunk| !chunk.is_empty());
    chunks
}

/// The option's place in `known`, or DW027 with the list and the nearest name.
pub(crate) fn recognise(
    entry: &Entry,
    owner: &str,
    known: &[&'static str],
    seen: &mut Vec<&'static str>,
    errors: &mut Errors,
) -> Option<&'static str> {
    let written = entry.name.to_string();
    let Some(name) = known.iter().copied().find(|name| *name == written) else {
        errors.report(
            &entry.name,
            Rule::Options,
            format!("{owner} has no option `{written}`"),
            suggestion(&written, known),
        );
        return None;
    };
    if seen.contains(&name) {
        errors.report(
            &entry.name,
            Rule::Options,
            format!("the option `{name}` is given twice"),
            "keep one of the two",
        );
        return None;
    }
    seen.push(name);
    Some(name)
}

/// The known names, after the one that was probably meant.
pub(crate) fn suggestion(written: &str, known: &[&str]) -> String {
    let list = known
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let nearest = known
        .iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(written, name), name))
        .filter(|(similarity, _)| *similarity > 0.5)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    match nearest {
        Some((_, name)) => format!("did you mean `{name}`? The options are {list}"),
        None => format!("the options are {list}"),
    }
}

/// The option's value, or DW027 that says which kind of value it takes, and shows one.
pub(crate) fn value<T>(
    entry: &Entry,
    wanted: &str,
    example: &str,
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let name = &entry.name;
    let refuse = |at: &dyn ToTokens| {
        error(
            at.to_token_stream(),
            Rule::Options,
            format!("the option `{name}` takes {wanted}"),
            format!("write it like this: `{name} = {example}`"),
        )
    };
    match &entry.value {
        None => Err(refuse(name)),
        Some(tokens) => parse
            .parse2(tokens.clone())
            .map_err(|_cause| refuse(tokens)),
    }
}

/// An option's value and the place where it was written, to which type errors point.
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// The value with the place of the entry's, if there is one.
pub(crate) fn placed<T>(entry: &Entry, value: Option<T>) -> Option<Placed<T>> {
    let span = match &entry.value {
        Some(tokens) => crate::input::span_of(tokens),
        None => entry.name.span(),
    };
    value.map(|value| Placed { value, span })
}

/// The option's value as a path.
pub(crate) fn path(entry: &Entry, example: &str) -> syn::Result<Path> {
    value(entry, "a path", example, |input| input.parse())
}

/// A flag has no value.
pub(crate) fn flag(entry: &Entry) -> syn::Result<Span> {
    match &entry.value {
        None => Ok(entry.name.span()),
        Some(value) => Err(error(
            value,
            Rule::Options,
            format!("the option `{}` takes no value", entry.name),
            format!("write `{}` alone", entry.name),
        )),
    }
}

/// The option's value as a valid name.
pub(crate) fn name_value(entry: &Entry) -> syn::Result<LitStr> {
    let text = string(entry)?;
    literal::name(&text)?;
    Ok(text)
}

/// The option's value as a string literal.
pub(crate) fn string(entry: &Entry) -> syn::Result<LitStr> {
    value(entry, "a string literal", "\"..\"", |input| input.parse())
}

/// The option's value as a duration that the service takes.
pub(crate) fn duration(entry: &Entry) -> syn::Result<Duration> {
    let text = value(entry, "a duration in quotes", "\"30s\"", |input| {
        input.parse()
    })?;
    literal::duration(&text)
}

/// One of a fixed set of strings.
pub(crate) fn choice(entry: &Entry, choices: &[&'static str]) -> syn::Result<&'static str> {
    let text = string(entry)?;
    let written = text.value();
    choices
        .iter()
        .copied()
        .find(|choice| *choice == written)
        .ok_or_else(|| {
            let list = choices
                .iter()
                .map(|choice| format!("{choice:?}"))
                .collect::<Vec<_>>()
                .join(" or ");
            error(
                &text,
                Rule::Options,
                format!("`{}` can't be {written:?}", entry.name),
                format!("it is {list}"),
            )
        })
}

/// What the author says about the return type where its name misleads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Decided by the type.
    Inferred,
    /// A `Result`, whatever it is called.
    Fallible,
    /// A plain value, whatever it is called.
    Plain,
}

/// Notes one of the flags `fallible` and `infallible`; both at once contradict each other.
pub(crate) fn set_outcome(outcome: &mut Outcome, to: Outcome, entry: &Entry) -> syn::Result<()> {
    flag(entry)?;
    if *outcome != Outcome::Inferred {
        return Err(error(
            &entry.name,
            Rule::Options,
            "`fallible` and `infallible` contradict each other",
            "keep the one that is true of the return type",
        ));
    }
    *outcome = to;
    Ok(())
}

/// Keeps an option's value, or the mistake in it.
pub(crate) fn keep<T>(result: syn::Result<T>, errors: &mut Errors) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}
