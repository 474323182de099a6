//! Collects every mistake of an item, so that all of them are reported at once.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The stable id of a rule. Ids are never reused; their pages are in the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Awaiting something that is not durable.
    NotDurable,
    /// A clock is read.
    Clock,
    /// An id is made of chance.
    RandomId,
    /// Chance.
    Random,
    /// Something runs beside the workflow.
    Spawn,
    /// `select!` of others.
    Select,
    /// `join!` of others.
    ForeignJoin,
    /// Futures in the order in which they end.
    Unordered,
    /// Environment variables and arguments.
    Environment,
    /// Files, network and processes.
    Outside,
    /// State that outlives the workflow is changed.
    SharedState,
    /// A variable of the workflow is changed in an operation's closure.
    Captured,
    /// Printing.
    Print,
    /// A panic is caught.
    CatchUnwind,
    /// An `#[allow_durable]` that allows nothing.
    Allow,
    /// A site without a key, or two value-carrying sites with one key.
    Key,
    /// A function of a shape that a workflow or step can't have.
    Shape,
    /// A literal out of the service's range.
    Range,
    /// A macro that can't be looked into and holds `.await`.
    OpaqueMacro,
    /// A misspelled, repeated or malformed option.
    Options,
}

impl Rule {
    /// The id as it is printed behind a message.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::NotDurable => "DW001",
            Self::Clock => "DW003",
            Self::RandomId => "DW004",
            Self::Random => "DW005",
            Self::Spawn => "DW007",
            Self::Select => "DW008",
            Self::ForeignJoin => "DW009",
            Self::Unordered => "DW010",
            Self::Environment => "DW011",
            Self::Outside => "DW012",
            Self::SharedState => "DW013",
            Self::Captured => "DW014",
            Self::Print => "DW019",
            Self::CatchUnwind => "DW025",
            Self::Allow => "DW028",
            Self::Key => "DW016",
            Self::Shape => "DW020",
            Self::Range => "DW023",
            Self::OpaqueMacro => "DW026",
            Self::Options => "DW027",
        }
    }
}

/// The mistakes found so far in one item.
#[derive(Debug, Default)]
#[must_use = "collected errors have to be emitted"]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
}

impl Errors {
    /// Nothing found yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reports one mistake under the tokens of `at`: what is wrong, and the way out.
    pub(crate) fn report(
        &mut self,
        at: impl ToTokens,
        rule: Rule,
        what: impl Display,
        help: impl Display,
    ) {
        self.push(error(at, rule, what, help));
    }

    /// Reports what a lock file has against the tokens of `at`, by the id of its rule.
    pub(crate) fn report_as(
        &mut self,
        at: impl ToTokens,
        id: &str,
        what: impl Display,
        help: impl Display,
    ) {
        self.push(syn::Error::new_spanned(
            at,
            format!("{what} [{id}]\n  = help: {help}"),
        ));
    }

    /// Takes over an error made elsewhere (a parser's, or one of [`error`]).
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// How many mistakes there are so far.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// Puts the mistakes from number `first` on into the order of the source.
    pub(crate) fn sort_from(&mut self, first: usize) {
        if let Some(found) = self.found.get_mut(first..) {
            found.sort_by_key(|error| {
                let start = error.span().start();
                (start.line, start.column)
            });
        }
    }

    /// Whether the item has no mistake so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The tokens that make the compiler print every mistake.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.found
            .iter()
            .map(syn::Error::to_compile_error)
            .collect()
    }
}

/// One mistake in the form all of ours have: message, rule id, and a line of help.
pub(crate) fn error(
    at: impl ToTokens,
    rule: Rule,
    what: impl Display,
    help: impl Display,
) -> syn::Error {
    let id = rule.id();
    syn::Error::new_spanned(at, format!("{what} [{id}]\n  = help: {help}"))
}
