//! The options of `#[step]`.

use proc_macro2::TokenStream;
use syn::{LitStr, Path};

use super::retry::{self, Retry};
use super::{
    Outcome, Placed, choice, duration, entries, keep, name_value, path, placed, recognise,
    set_outcome,
};
use crate::diag::Errors;

const OWNER: &str = "`#[step]`";
const KNOWN: &[&str] = &[
    "name",
    "retry",
    "retry_if",
    "semantics",
    "timeout",
    "codec",
    "fallible",
    "infallible",
];

/// The options of a step.
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) retry: Option<Placed<Retry>>,
    pub(crate) retry_if: Option<Placed<Path>>,
    pub(crate) at_most_once: bool,
    pub(crate) timeout: Option<Placed<std::time::Duration>>,
    pub(crate) codec: Option<Placed<Path>>,
    pub(crate) outcome: Outcome,
}

/// Reads the attribute's list.
pub(crate) fn parse(list: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options {
        name: None,
        retry: None,
        retry_if: None,
        at_most_once: false,
        timeout: None,
        codec: None,
        outcome: Outcome::Inferred,
    };
    let mut seen = Vec::new();
    for entry in entries(list, OWNER, errors) {
        let Some(name) = recognise(&entry, OWNER, KNOWN, &mut seen, errors) else {
            continue;
        };
        match name {
            "name" => options.name = keep(name_value(&entry), errors),
            "retry" => options.retry = placed(&entry, retry::parse(&entry, errors)),
            "retry_if" => {
                options.retry_if = placed(&entry, keep(path(&entry, "is_transient"), errors));
            }
            "semantics" => {
                let semantics = choice(&entry, &["at_least_once", "at_most_once"]);
                options.at_most_once = keep(semantics, errors) == Some("at_most_once");
            }
            "timeout" => {
                options.timeout = placed(&entry, keep(duration(&entry), errors));
            }
            "codec" => options.codec = placed(&entry, keep(path(&entry, "MyCodec"), errors)),
            "fallible" => {
                let set = set_outcome(&mut options.outcome, Outcome::Fallible, &entry);
                keep(set, errors);
            }
            _ => {
                let set = set_outcome(&mut options.outcome, Outcome::Plain, &entry);
                keep(set, errors);
            }
        }
    }
    options
}
