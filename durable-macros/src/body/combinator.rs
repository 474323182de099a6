//! `join!`, `try_join!` and `race!`.

use durable_lock::Kind as RecordKind;
use durable_lock::compare::part;
use durable_lock::manifest::Arm;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Expr, Ident, Macro, Path, Token};

use super::{Rewriter, tokens, unfinished, unparenthesized};
use crate::diag::{Rule, error};
use crate::input::{call_at, span_of};
use crate::key::{self, Key};
use crate::literal;
use crate::sites::{Index, Kind};
use crate::skeleton::Facts;

/// The most branches one combinator takes.
const MOST_BRANCHES: usize = 12;

/// One of our three macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combinator {
    Join,
    TryJoin,
    Race,
}

impl Combinator {
    /// The combinator that `path` means, if it can mean ours.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        tokens::is_ours(path)
            .then(|| Self::named(&tokens::last_segment(path)))
            .flatten()
    }

    /// The combinator of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "join" => Some(Self::Join),
            "try_join" => Some(Self::TryJoin),
            "race" => Some(Self::Race),
            _ => None,
        }
    }

    /// What it records.
    const fn record_kind(self) -> RecordKind {
        match self {
            Self::Join => RecordKind::Join,
            Self::TryJoin => RecordKind::TryJoin,
            Self::Race => RecordKind::Race,
        }
    }

    /// The macro's name, which is the key of its site and the runtime's function.
    const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::TryJoin => "try_join",
            Self::Race => "race",
        }
    }
}

/// One branch as written: `label => expr`, or just `expr`.
pub(crate) struct Branch {
    pub(super) label: Option<Ident>,
    pub(crate) expr: Expr,
}

impl Parse for Branch {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            label: Self::label(input)?,
            expr: input.parse()?,
        })
    }
}

impl Branch {
    /// `label =>`, where it stands in front of a branch.
    pub(super) fn label(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
        if !(input.peek(Ident::peek_any) && input.peek2(Token![=>])) {
            return Ok(None);
        }
        let label = input.call(Ident::parse_any)?;
        input.parse::<Token![=>]>()?;
        Ok(Some(label))
    }
}

/// The branches in a combinator's tokens.
pub(crate) fn branches(mac: &Macro) -> syn::Result<Vec<Branch>> {
    let parser = Punctuated::<Branch, Token![,]>::parse_terminated;
    Ok(parser.parse2(mac.tokens.clone())?.into_iter().collect())
}

/// A branch as an editor is given it.
fn for_editor(operation: &impl ToTokens, site: &TokenStream, key: &str) -> TokenStream {
    quote!(__dw::Awaited::__branch(#operation, #site, #key))
}

impl Rewriter<'_> {
    /// A combinator where it is waited for.
    pub(super) fn visit_combinator(&mut self, kind: Combinator, mac: &Macro) -> Option<Expr> {
        let key = match self.claim_id() {
            Some(claim) => Key::new(claim?),
            None => Key::new(kind.name()),
        };
        let branches = self.parse_branches(kind, mac)?;
        let facts = Facts::of_kind(kind.record_kind(), kind.name());
        let index = self.add(key, Kind::Combinator, facts, &mac.path);
        let combined = self.combine(kind, mac, branches, index);
        if self.editor {
            return Some(Expr::Verbatim(quote!(#combined.await)));
        }
        let site = self.site(index);
        Some(Expr::Verbatim(
            quote_spanned!(span_of(mac)=> __dw::Awaited::__at(#combined, #site).await),
        ))
    }

    fn parse_branches(&mut self, kind: Combinator, mac: &Macro) -> Option<Vec<Branch>> {
        let name = kind.name();
        match branches(mac) {
            Ok(branches) if (1..=MOST_BRANCHES).contains(&branches.len()) => Some(branches),
            Ok(branches) => {
                self.errors.report(
                    mac,
                    Rule::OpaqueMacro,
                    format!("`{name}!` can't have {} branches", branches.len()),
                    "it takes 1 to 12 of them",
                );
                None
            }
            Err(_) if self.editor => Some(unfinished::branches(&mac.tokens)),
            Err(cause) => {
                self.errors.push(syn::Error::new(
                    cause.span(),
                    format!(
                        "this is not a branch of `{name}!`: {cause} [{}]\n  = help: write \
                         `operation` or `label => operation`, with commas between them",
                        Rule::OpaqueMacro.id()
                    ),
                ));
                None
            }
        }
    }

    /// The combinator as a value that can be awaited, or be a branch of another one. It is drawn with its branches.
    fn combine(
        &mut self,
        kind: Combinator,
        mac: &Macro,
        branches: Vec<Branch>,
        index: Index,
    ) -> TokenStream {
        let mut keys = BranchKeys::default();
        let mut expanded = Vec::new();
        let mut arms = Vec::new();
        for (number, mut branch) in (0..).zip(branches) {
            let mut label = String::new();
            let body = self.drawn(|this| {
                this.nested(|this| {
                    this.place.branches.push((index.slot, number));
                    match this.visit_branch(kind, &mut branch, index, &mut keys) {
                        Some((tokens, key)) => {
                            expanded.push(tokens);
                            label = key;
                        }
                        None if this.editor => {
                            let site = this.site(index);
                            expanded.push(for_editor(&branch.expr, &site, ""));
                        }
                        None => {}
                    }
                });
            });
            arms.push(Arm { label, body });
        }
        self.draw(index, arms);
        let function = Ident::new(kind.name(), mac.path.span());
        if self.editor {
            return quote!(__dw::#function((#(#expanded,)*)));
        }
        quote_spanned!(mac.path.span()=> __dw::#function((#(#expanded,)*)))
    }

    fn visit_branch(
        &mut self,
        kind: Combinator,
        branch: &mut Branch,
        combinator: Index,
        keys: &mut BranchKeys,
    ) -> Option<(TokenStream, String)> {
        let label = branch.label.take();
        let label_text = label.as_ref().map(|label| label.unraw().to_string());
        if let Some(label) = &label
            && let Err(error) = check_label(label)
        {
            self.errors.push(error);
            return None;
        }
        let shown = branch.expr.clone();
        let (operation, index) = match unparenthesized(&shown) {
            Expr::Macro(found) if let Some(kind) = Combinator::of(&found.mac.path) => {
                let key = Key::new(self.required_label(&shown, label_text.clone())?);
                self.enter_branch(combinator, &key.text);
                let branches = self.parse_branches(kind, &found.mac)?;
                let facts = Facts::of_kind(kind.record_kind(), kind.name());
                let index = self.add(key, Kind::Combinator, facts, &found.mac.path);
                let combined = self.combine(kind, &found.mac, branches, index);
                (combined, index)
            }
            Expr::Async(_) => {
                let label = self.required_label(&shown, label_text.clone())?;
                // The block is no operation, so its row is nobody's identity. The combinator's key
                // in front keeps equal labels of several combinators apart.
                self.enter_branch(combinator, &label);
                let key = Key::new(format!("{}.{label}", self.table.identity(combinator)));
                let facts = Facts::of_kind(RecordKind::Block, "");
                let index = self.add(key, Kind::Operation, facts, &shown);
                self.visit_at(super::Position::Awaited, &mut branch.expr);
                let expr = unparenthesized(&branch.expr);
                (quote!(#expr), index)
            }
            other => {
                if let Some(error) = awaited(other) {
                    self.errors.push(error);
                    return None;
                }
                if let Err(error) = super::checks::poll(other) {
                    self.errors.push(error);
                }
                let key = self.branch_key(other, label_text.clone());
                let own = key.as_ref().map(|key| self.table.identity_of(&key.text));
                if let Some(text) = label_text.as_deref().or(own).map(str::to_owned) {
                    self.enter_branch(combinator, &text);
                }
                self.site_key = key.as_ref().map(|key| key.text.clone());
                let facts = Facts::of(other, self.seen);
                self.visit_at(super::Position::Awaited, &mut branch.expr);
                (self.place.in_branch, self.place.labelled) = (true, label_text.is_some());
                let index = self.add(key?, Kind::Operation, facts, &shown);
                (self.place.in_branch, self.place.labelled) = (false, false);
                self.draw(index, Vec::new());
                let expr = unparenthesized(&branch.expr);
                (quote!(#expr), index)
            }
        };
        let key = match &label_text {
            Some(label) => label.clone(),
            None => self.table.identity(index).to_owned(),
        };
        if let Some(error) = keys.add(&key, label.as_ref(), &shown) {
            self.errors.push(error);
        }
        let site = self.site(index);
        if self.editor {
            return Some((for_editor(&operation, &site, &key), key));
        }
        let mut operation = self.checked(operation, index);
        if kind == Combinator::TryJoin {
            operation = call_at(
                &operation,
                |span| match unparenthesized(&shown) {
                    Expr::Async(_) => quote_spanned!(span=> __dw::Awaited::__fallible_block),
                    _ => quote_spanned!(span=> __dw::Awaited::__fallible),
                },
                TokenStream::new(),
            );
        }
        let tokens = call_at(
            &operation,
            |span| quote_spanned!(span=> __dw::Awaited::__branch),
            quote!(, #site, #key),
        );
        Some((tokens, key))
    }

    /// What comes now is in a branch's scope.
    fn enter_branch(&mut self, combinator: Index, key: &str) {
        let scope = format!("{}.{}", part(self.table.identity(combinator)), part(key));
        self.place.scope.push(scope);
    }

    fn branch_key(&mut self, expr: &Expr, label: Option<String>) -> Option<Key> {
        match key::derive(expr) {
            Ok(Some(key)) => Some(key),
            Ok(None) => Some(Key::new(self.required_label(expr, label)?)),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    /// The label of a branch that has no key of its own.
    fn required_label(&mut self, branch: &Expr, label: Option<String>) -> Option<String> {
        if label.is_none() {
            self.errors.report(
                branch,
                Rule::Key,
                "this branch's text gives it no key",
                "give it a label: `label => ..`",
            );
        }
        label
    }
}

/// The keys of one combinator's branches, which tell their scopes apart.
#[derive(Default)]
struct BranchKeys {
    seen: Vec<(String, bool)>,
}

impl BranchKeys {
    /// Adds a key. Two equal ones are a mistake; where both are derived from operations, it is the
    /// operations' and is reported as such.
    fn add(&mut self, key: &str, label: Option<&Ident>, branch: &Expr) -> Option<syn::Error> {
        let is_label = label.is_some();
        let clashes = self
            .seen
            .iter()
            .any(|(seen, seen_label)| seen == key && (is_label || *seen_label));
        self.seen.push((key.to_owned(), is_label));
        clashes.then(|| {
            let at = match label {
                Some(label) => quote!(#label),
                None => quote!(#branch),
            };
            error(
                at,
                Rule::Key,
                format!("two branches here have the key `{key}`"),
                "give this one another label",
            )
        })
    }
}

fn check_label(label: &Ident) -> syn::Result<()> {
    match literal::name_problem(&label.unraw().to_string()) {
        None => Ok(()),
        Some(problem) => Err(error(
            label,
            Rule::Range,
            format!("the label `{label}` {problem}"),
            "a label is part of an identity: 1 to 256 printable ASCII characters",
        )),
    }
}

/// Whether this is an operation that is waited for, so that a `?` behind it is about its error.
pub(super) fn is_waited_for(expr: &Expr) -> bool {
    match unparenthesized(expr) {
        Expr::Await(_) => true,
        Expr::Macro(found) => Combinator::of(&found.mac.path).is_some(),
        _ => false,
    }
}

/// DW001 for a branch that waits before the combinator can.
fn awaited(expr: &Expr) -> Option<syn::Error> {
    let mut inner = expr;
    while let Expr::Try(found) = unparenthesized(inner) {
        inner = &found.expr;
    }
    match unparenthesized(inner) {
        Expr::Await(found) => Some(error(
            found.await_token,
            Rule::NotDurable,
            "a branch is an operation, and this one is awaited already",
            "remove `.await`, and any `?` behind it",
        )),
        _ => None,
    }
}

/// `RaceN::First` and so on, the pattern of a race's `number`th branch of `count`.
pub(super) fn variant(count: usize, number: usize) -> Option<TokenStream> {
    const NAMES: [&str; MOST_BRANCHES] = [
        "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth",
        "Tenth", "Eleventh", "Twelfth",
    ];
    let name = format_ident!("{}", NAMES.get(number)?);
    let race = format_ident!("Race{count}");
    Some(quote!(__dw::#race::#name))
}
