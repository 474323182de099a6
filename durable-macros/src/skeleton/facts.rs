//! What an operation's text says about it, besides its key.

use durable_lock::Kind;
use syn::{Expr, ExprCall, Path};

use super::text;
use crate::key::{self, Chain};
use crate::rules::Seen;

/// What is known about an operation from its text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) kind: Kind,
    pub(crate) callee: String,
    pub(crate) waits: Option<String>,
    pub(crate) keyed: bool,
    /// It is called as a method, so that its name says nothing about what it is.
    pub(crate) is_method: bool,
    /// The first part of the path that is called, where it has several.
    pub(crate) path: String,
}

impl Facts {
    /// Of something that has no call.
    pub(crate) fn of_kind(kind: Kind, callee: &str) -> Self {
        Self {
            kind,
            callee: callee.to_owned(),
            ..Self::default()
        }
    }

    /// Of an awaited expression, or of a branch.
    pub(crate) fn of(expr: &Expr, seen: &Seen) -> Self {
        let chain = Chain::of(expr);
        let mut facts = Self {
            keyed: chain.keyed,
            waits: chain.timeout.map(text),
            ..Self::default()
        };
        match chain.root {
            Expr::Call(call) => {
                facts.callee = key::callee(call).unwrap_or_default();
                if let Expr::Path(found) = &*call.func
                    && found.path.segments.len() > 1
                    && let Some(first) = found.path.segments.first()
                {
                    facts.path = first.ident.to_string();
                }
                if let Expr::Path(found) = &*call.func
                    && seen.may_be_ours(&found.path)
                {
                    facts.kind = ours(call, &found.path);
                }
                if facts.kind == Kind::Sleep {
                    facts.waits = call.args.first().map(text);
                }
            }
            Expr::Async(_) => facts.kind = Kind::Block,
            _ => {
                facts.is_method = true;
                facts.callee = chain
                    .first_method
                    .map(ToString::to_string)
                    .unwrap_or_default();
            }
        }
        facts
    }
}

/// The kind of an operation that this library makes.
fn ours(call: &ExprCall, path: &Path) -> Kind {
    let Some(name) = path.segments.last() else {
        return Kind::Operation;
    };
    let named = key::is_named_closure(call);
    let count = call.args.len();
    match (&*name.ident.to_string(), count) {
        ("step", 2) if named => Kind::Step,
        ("child", 2) if named => Kind::Child,
        ("retry_block", 2) if named => Kind::RetryBlock,
        ("sleep" | "sleep_until", 1) => Kind::Sleep,
        ("create_callback", 0) => Kind::Callback,
        ("wait_for_callback", 1) => Kind::WaitForCallback,
        ("invoke", 2) => Kind::Invoke,
        ("poll_until", 2) => Kind::Poll,
        ("map", 2) => Kind::Map,
        ("parallel", 1) => Kind::Parallel,
        ("now", 0) => Kind::Now,
        ("restart", 1) => Kind::Restart,
        _ => Kind::Operation,
    }
}
