//! The value of `retry = ..`.

use std::time::Duration;

use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::{LitFloat, LitInt, Path, parenthesized};

use super::{Entry, choice, duration, entries, keep, recognise, value};
use crate::diag::{Errors, Rule, error};

const OWNER: &str = "`exponential(..)`";
const KNOWN: &[&str] = &[
    "max_attempts",
    "initial_delay",
    "max_delay",
    "backoff_rate",
    "jitter",
];
const WANTED: &str = "`none`, `default`, `exponential(..)` or the path of a strategy of your own";

/// How a failed attempt is followed by another.
pub(crate) enum Retry {
    /// The service's own strategy.
    Default,
    /// The first failure is final.
    None,
    /// Delays that grow.
    Exponential(Exponential),
    /// A strategy of the user's.
    Path(Path),
}

/// The settings that were given; the runtime has defaults for the others.
#[derive(Default)]
pub(crate) struct Exponential {
    pub(crate) max_attempts: Option<u32>,
    pub(crate) initial_delay: Option<Duration>,
    pub(crate) max_delay: Option<Duration>,
    pub(crate) backoff_rate: Option<f64>,
    pub(crate) jitter: Option<Jitter>,
}

/// How much of a delay is left to chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jitter {
    Full,
    Half,
    None,
}

/// What is written behind `retry =`, before its settings are read.
enum Written {
    Path(Path),
    Call(Path, TokenStream),
}

/// Reads `retry = ..`; `None` when it is wrong, which is then reported.
pub(crate) fn parse(entry: &Entry, errors: &mut Errors) -> Option<Retry> {
    match keep(
        value(entry, WANTED, "exponential(max_attempts = 3)", written),
        errors,
    )? {
        Written::Path(path) if path.is_ident("default") => Some(Retry::Default),
        Written::Path(path) if path.is_ident("none") => Some(Retry::None),
        Written::Path(path) if path.is_ident("exponential") => {
            Some(Retry::Exponential(Exponential::default()))
        }
        Written::Path(path) => Some(Retry::Path(path)),
        Written::Call(path, settings) if path.is_ident("exponential") => {
            Some(Retry::Exponential(exponential(settings, errors)))
        }
        Written::Call(path, _) => {
            errors.report(
                path,
                Rule::Options,
                format!("the option `retry` takes {WANTED}"),
                "a strategy of your own is named by its path alone, without arguments",
            );
            None
        }
    }
}

fn written(input: ParseStream<'_>) -> syn::Result<Written> {
    let path = input.call(Path::parse_mod_style)?;
    if input.is_empty() {
        return Ok(Written::Path(path));
    }
    let settings;
    parenthesized!(settings in input);
    Ok(Written::Call(path, settings.parse()?))
}

fn exponential(settings: TokenStream, errors: &mut Errors) -> Exponential {
    let mut strategy = Exponential::default();
    let mut seen = Vec::new();
    for entry in entries(settings, OWNER, errors) {
        let Some(name) = recognise(&entry, OWNER, KNOWN, &mut seen, errors) else {
            continue;
        };
        match name {
            "max_attempts" => strategy.max_attempts = keep(max_attempts(&entry), errors),
            "initial_delay" => strategy.initial_delay = keep(duration(&entry), errors),
            "max_delay" => strategy.max_delay = keep(duration(&entry), errors),
            "backoff_rate" => strategy.backoff_rate = keep(backoff_rate(&entry), errors),
            _ => strategy.jitter = keep(jitter(&entry), errors),
        }
    }
    strategy
}

fn max_attempts(entry: &Entry) -> syn::Result<u32> {
    let literal: LitInt = value(entry, "a whole number", "3", |input| input.parse())?;
    match literal.base10_parse::<u32>() {
        Ok(attempts) if attempts > 0 => Ok(attempts),
        _ => Err(error(
            &literal,
            Rule::Range,
            format!("`max_attempts` can't be {literal}"),
            "the first attempt counts: it is 1 (no retry) or more, and fits in 32 bits",
        )),
    }
}

fn backoff_rate(entry: &Entry) -> syn::Result<f64> {
    let (rate, tokens) = value(entry, "a number", "2.0", |input| {
        if input.peek(LitInt) {
            let literal: LitInt = input.parse()?;
            Ok((literal.base10_parse::<f64>()?, literal.to_string()))
        } else {
            let literal: LitFloat = input.parse()?;
            Ok((literal.base10_parse::<f64>()?, literal.to_string()))
        }
    })?;
    if rate.is_finite() && rate > 0.0 {
        Ok(rate)
    } else {
        Err(error(
            entry.value.clone().unwrap_or_default(),
            Rule::Range,
            format!("`backoff_rate` can't be {tokens}"),
            "each delay is the one before it times this rate: write a number above zero",
        ))
    }
}

fn jitter(entry: &Entry) -> syn::Result<Jitter> {
    choice(entry, &["full", "half", "none"]).map(|jitter| match jitter {
        "full" => Jitter::Full,
        "half" => Jitter::Half,
        _ => Jitter::None,
    })
}
