//! The options of `#[durable_workflow]`.

use proc_macro2::TokenStream;
use syn::{LitStr, Path};

use super::{
    Outcome, Placed, choice, entries, keep, name_value, path, placed, recognise, set_outcome,
};
use crate::diag::Errors;

const OWNER: &str = "`#[durable_workflow]`";
const KNOWN: &[&str] = &["name", "on_divergence", "codec", "fallible", "infallible"];

/// What happens to an execution whose history the code can't follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDivergence {
    /// The invocation fails and is tried again, so that a rollback rescues the execution.
    Retry,
    /// The execution fails.
    Fail,
}

/// The options of a workflow.
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) on_divergence: OnDivergence,
    pub(crate) codec: Option<Placed<Path>>,
    pub(crate) outcome: Outcome,
}

/// Reads the attribute's list.
pub(crate) fn parse(list: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options {
        name: None,
        on_divergence: OnDivergence::Retry,
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
            "on_divergence" => {
                if keep(choice(&entry, &["retry", "fail"]), errors) == Some("fail") {
                    options.on_divergence = OnDivergence::Fail;
                }
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
