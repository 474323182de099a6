//! Derives a site's key from its expression.

use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Expr, ExprCall, ExprMethodCall, Ident, Member, Path};

use crate::diag::{Rule, error};
use crate::literal;

/// Operations that carry no value: reusing another one's completion is harmless, so they may repeat.
const VALUELESS: &[&str] = &["sleep", "sleep_until"];
/// Calls whose first argument is their name.
const NAMED_BY_ARGUMENT: &[&str] = &["step", "child", "retry_block"];

/// A site's key, without the ordinal it may get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) text: String,
    /// Whether the operation carries no value, so that its key may repeat.
    pub(crate) repeats: bool,
    /// Whether `.flat()` is called on it: it makes no context of its own.
    pub(crate) flat: bool,
}

impl Key {
    /// A key of an operation whose value somebody reads.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            repeats: false,
            flat: false,
        }
    }
}

/// The key of the operation that `expr` makes; `None` when its text doesn't give one.
pub(crate) fn derive(expr: &Expr) -> syn::Result<Option<Key>> {
    let chain = Chain::of(expr);
    let (repeats, flat) = (chain.is_valueless(), chain.flat);
    let text = match chain.named {
        Some(call) => Some(named(call)?),
        None => chain.text()?,
    };
    let Some(text) = text else {
        return Ok(None);
    };
    if let Some(problem) = literal::name_problem(&text) {
        return Err(error(
            expr,
            Rule::Range,
            format!("the key {text:?} {problem}"),
            "give it another with `.named(\"..\")`: 1 to 256 printable ASCII characters",
        ));
    }
    Ok(Some(Key {
        text,
        repeats,
        flat,
    }))
}

/// Checks the name that a call such as `step("name", ..)` is given.
pub(crate) fn name_argument(call: &ExprCall) -> syn::Result<()> {
    match callee(call) {
        Some(name) if NAMED_BY_ARGUMENT.contains(&&*name) => argument_name(call, name).map(drop),
        _ => Ok(()),
    }
}

/// The key that an attribute gives to the operation that `expr` makes.
pub(crate) fn given(text: String, expr: &Expr) -> Key {
    let chain = Chain::of(expr);
    Key {
        text,
        repeats: chain.is_valueless(),
        flat: chain.flat,
    }
}

/// DW016 for an expression that gives no key.
pub(crate) fn underivable(expr: &Expr) -> syn::Error {
    error(
        expr,
        Rule::Key,
        "this operation's text gives it no key",
        "add `.named(\"..\")` to it, or put `#[id(\"..\")]` on the statement",
    )
}

/// An expression taken apart: what it starts from, and what is called on that.
pub(crate) struct Chain<'a> {
    pub(crate) root: &'a Expr,
    /// The fields between the root and the first method, in source order.
    fields: Vec<&'a Member>,
    pub(crate) first_method: Option<&'a Ident>,
    /// The last `.named(..)` of the chain.
    named: Option<&'a ExprMethodCall>,
    /// `.flat()` is in the chain.
    flat: bool,
    /// `.keyed(..)` is in the chain.
    pub(crate) keyed: bool,
    /// What the last `.timeout(..)` of the chain is given.
    pub(crate) timeout: Option<&'a Expr>,
}

impl<'a> Chain<'a> {
    pub(crate) fn of(expr: &'a Expr) -> Self {
        let mut chain = Self {
            root: expr,
            fields: Vec::new(),
            first_method: None,
            named: None,
            flat: false,
            keyed: false,
            timeout: None,
        };
        loop {
            chain.root = match chain.root {
                Expr::Try(inner) => &inner.expr,
                Expr::Paren(inner) => &inner.expr,
                Expr::Group(inner) => &inner.expr,
                Expr::Reference(inner) => &inner.expr,
                Expr::Field(field) => {
                    chain.fields.push(&field.member);
                    &field.base
                }
                Expr::MethodCall(call) => {
                    if call.method == "named" && call.args.len() == 1 && chain.named.is_none() {
                        chain.named = Some(call);
                    }
                    chain.flat |= call.method == "flat" && call.args.is_empty();
                    chain.keyed |= call.method == "keyed" && call.args.len() == 1;
                    if call.method == "timeout" && chain.timeout.is_none() {
                        chain.timeout = call.args.first();
                    }
                    chain.fields.clear();
                    chain.first_method = Some(&call.method);
                    &call.receiver
                }
                Expr::Call(call) => match boxed(call) {
                    Some(inner) => inner,
                    None => break,
                },
                _ => break,
            };
        }
        chain.fields.reverse();
        chain
    }

    fn is_valueless(&self) -> bool {
        match self.root {
            Expr::Call(call) => callee(call).is_some_and(|name| VALUELESS.contains(&&*name)),
            _ => false,
        }
    }

    fn text(&self) -> syn::Result<Option<String>> {
        match self.root {
            Expr::Call(call) => match callee(call) {
                Some(name) if NAMED_BY_ARGUMENT.contains(&&*name) => argument_name(call, name),
                name => Ok(name),
            },
            Expr::Path(path) => Ok(self.dotted(&path.path)),
            _ => Ok(None),
        }
    }

    fn dotted(&self, path: &Path) -> Option<String> {
        let start = path.segments.last().map(|segment| segment.ident.unraw());
        let start = start.into_iter().filter(|start| start != "self");
        let fields = self.fields.iter().map(|member| match member {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        });
        let method = self.first_method.map(|method| method.unraw().to_string());
        let parts: Vec<_> = start
            .map(|start| start.to_string())
            .chain(fields)
            .chain(method)
            .collect();
        (!parts.is_empty()).then(|| parts.join("."))
    }
}

/// The name of the function that is called, if a path names it.
pub(crate) fn callee(call: &ExprCall) -> Option<String> {
    match &*call.func {
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.unraw().to_string()),
        _ => None,
    }
}

/// What is inside `Box::pin(..)`.
pub(crate) fn boxed(call: &ExprCall) -> Option<&Expr> {
    is_box_pin(call).then(|| call.args.first()).flatten()
}

/// Whether this is `Box::pin(..)`, which changes nothing about the operation in it.
pub(crate) fn is_box_pin(call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    let mut segments = path.path.segments.iter().rev();
    call.args.len() == 1
        && segments.next().is_some_and(|last| last.ident == "pin")
        && segments.next().is_some_and(|owner| owner.ident == "Box")
}

/// `.named("..")`, whose literal settles the key.
fn named(call: &ExprMethodCall) -> syn::Result<String> {
    match call
        .args
        .first()
        .map(|arg| (arg, literal::as_str_literal(arg)))
    {
        Some((_, Some(text))) => literal::name(text),
        Some((arg, None)) => Err(error(
            arg,
            Rule::Key,
            "`.named(..)` is this operation's identity, so it takes a string literal",
            "write a literal; `.label(..)` takes a name that is made at run time",
        )),
        None => Err(underivable(&call.receiver)),
    }
}

/// Whether a call has the shape of `step("name", || ..)`.
pub(crate) fn is_named_closure(call: &ExprCall) -> bool {
    let mut args = call.args.iter();
    match (args.next(), args.next(), args.next()) {
        (Some(name), Some(body), None) => {
            literal::as_str_literal(name).is_some() || matches!(body, Expr::Closure(_))
        }
        _ => false,
    }
}

/// `step("name", || ..)`: the first argument is the name. A function of the user's that happens to be
/// called `step` and takes no closure is named like any other.
fn argument_name(call: &ExprCall, callee: String) -> syn::Result<Option<String>> {
    let Some(first) = call.args.first() else {
        return Ok(Some(callee));
    };
    match literal::as_str_literal(first) {
        Some(text) => literal::name(text).map(Some),
        None if is_named_closure(call) => Err(error(
            first.to_token_stream(),
            Rule::Key,
            format!("the name given to `{callee}` is its identity, so it is a string literal"),
            "write a literal; `.label(..)` takes a name that is made at run time",
        )),
        None => Ok(Some(callee)),
    }
}
