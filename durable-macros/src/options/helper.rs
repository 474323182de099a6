//! The options of `#[durable_helper]`.

use proc_macro2::TokenStream;
use syn::LitStr;

use super::{entries, keep, name_value, recognise};
use crate::diag::{Errors, Rule};

const OWNER: &str = "`#[durable_helper]`";
const KNOWN: &[&str] = &["name"];

/// The options of a helper.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
}

/// Reads the attribute's list.
pub(crate) fn parse(list: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    let mut seen = Vec::new();
    for entry in entries(list, OWNER, errors) {
        if recognise(&entry, OWNER, KNOWN, &mut seen, errors).is_some() {
            options.name = keep(name_value(&entry), errors);
        }
    }
    options
}

/// A plain function has no identity, so there is nothing to say about it.
pub(crate) fn parse_plain(list: TokenStream, errors: &mut Errors) {
    if !list.is_empty() {
        errors.report(
            list,
            Rule::Options,
            "`#[durable_helper]` takes no options on a plain `fn`",
            "remove them; an `async fn` takes `name = \"..\"`",
        );
    }
}
