//! The rules about names: what replay can't repeat does not compile.
//!
//! They look at everything that a workflow executes by itself, and never into the body of a step.

pub(crate) mod allow;
mod captures;
mod messages;
pub(crate) mod names;
pub(crate) mod source;
mod table;

use std::collections::HashSet;

use durable_lock::manifest::Exception;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprCall, ExprConst, ExprMethodCall, Item, Macro, Path, Signature,
    Stmt, Type,
};

use self::messages::{help, what};
use self::names::{Meaning, Names};
use self::table::{Entry, FASTRAND, MACROS, PATHS, PRINTING, RAYON_METHODS, STREAM_METHODS};
use crate::body::combinator::{self, Combinator};
use crate::body::tokens::is_screaming;
use crate::body::{calls, ids, macros, tokens};
use crate::diag::{Errors, Rule};
use crate::input::{span_of, typed_params};

/// What the rules know, for whoever rewrites the body.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) names: Names,
    /// The places of the macros that a rule has refused, which are nobody else's to report.
    refused: HashSet<(usize, usize)>,
    /// What it lets pass, with reasons.
    pub(crate) exceptions: Vec<Exception>,
}

impl Seen {
    /// Whether a rule has refused this macro.
    pub(crate) fn is_refused(&self, mac: &Macro) -> bool {
        self.refused.contains(&place(mac))
    }

    /// Whether a path can mean something of this library.
    pub(crate) fn may_be_ours(&self, path: &Path) -> bool {
        self.names.may_be_ours(path)
    }
}

fn place(mac: &Macro) -> (usize, usize) {
    let start = span_of(&mac.path).start();
    (start.line, start.column)
}

/// Checks a workflow's body, and takes `#[allow_durable]` out of the function's attributes.
pub(crate) fn check(
    attrs: &mut Vec<Attribute>,
    sig: &Signature,
    block: &mut Block,
    around: Names,
    errors: &mut Errors,
) -> Seen {
    let inputs = typed_params(sig).map(|typed| (*typed.pat).clone());
    let names = around.inside(inputs, block);
    let before = errors.len();
    let mut exceptions = Vec::new();
    let allowed = allow::allowed(attrs, &mut exceptions, errors);
    allow::strip(attrs);
    let mut checker = Checker {
        names: &names,
        allowed,
        exceptions,
        refused: HashSet::new(),
        waiting: Vec::new(),
        called: HashSet::new(),
        errors,
    };
    checker.visit_block_mut(block);
    checker.finish();
    let (refused, exceptions) = (checker.refused, checker.exceptions);
    // What is wrong only if it is used is known at the end.
    errors.sort_from(before);
    Seen {
        names,
        refused,
        exceptions,
    }
}

struct Checker<'a> {
    names: &'a Names,
    /// The rules that pass here.
    allowed: Vec<Rule>,
    exceptions: Vec<Exception>,
    refused: HashSet<(usize, usize)>,
    /// What is wrong only if one of its methods is called.
    waiting: Vec<(&'static Entry, Path)>,
    /// The methods and macros that the workflow calls.
    called: HashSet<String>,
    errors: &'a mut Errors,
}

impl Checker<'_> {
    fn report(&mut self, rule: Rule, at: &TokenStream, shown: &str) {
        if !self.allowed.contains(&rule) {
            self.errors
                .report(at, rule, what(rule, shown), help(rule, shown));
        }
    }

    /// What a path means of these.
    fn find(&self, path: &Path, entries: &'static [Entry]) -> Option<&'static Entry> {
        match self.names.resolve(path) {
            Meaning::Own => None,
            Meaning::Absolute(full) => full
                .iter()
                .find_map(|full| entries.iter().find(|entry| entry.is(full))),
            Meaning::Unknown(names) => entries.iter().find(|entry| entry.is_likely(&names)),
        }
    }

    fn path(&mut self, path: &Path) {
        let rule = match self.find(path, PATHS) {
            Some(entry) if !entry.until.is_empty() => {
                if !self.allowed.contains(&entry.rule) {
                    self.waiting.push((entry, path.clone()));
                }
                return;
            }
            Some(entry) => Some(entry.rule),
            None => self.is_fastrand(path).then_some(Rule::Random),
        };
        if let Some(rule) = rule {
            self.report(rule, &path.to_token_stream(), &tokens::shown(path));
        }
    }

    fn is_fastrand(&self, path: &Path) -> bool {
        let Meaning::Absolute(full) = self.names.resolve(path) else {
            return false;
        };
        let (krate, seeded) = FASTRAND;
        full.iter().any(|path| {
            path.first().is_some_and(|first| first == krate)
                && path.len() > 1
                && path.last().is_some_and(|last| !seeded.contains(&&**last))
        })
    }

    /// Reports what was harmless until something was done with it. Who did it to whom can't be seen: a value has no type here.
    fn finish(&mut self) {
        for (entry, path) in std::mem::take(&mut self.waiting) {
            if entry.until.iter().any(|name| self.called.contains(*name)) {
                let (rule, shown) = (entry.rule, tokens::shown(&path));
                self.errors
                    .report(&path, rule, what(rule, &shown), help(rule, &shown));
            }
        }
    }

    fn mac(&mut self, mac: &mut Macro) {
        let name = tokens::last_segment(&mac.path);
        let rule = match self.find(&mac.path, MACROS) {
            None => self.prints(&mac.path, &name).then_some(Rule::Print),
            Some(entry) => Some(entry.rule),
        };
        if let Some(rule) = rule {
            if !self.allowed.contains(&rule) && rule != Rule::Print {
                self.refused.insert(place(mac));
            }
            self.report(
                rule,
                &mac.path.to_token_stream(),
                &format!("{}!", tokens::shown(&mac.path)),
            );
            if rule != Rule::Print {
                // What is in it is written anew when it is replaced.
                names_in(&mac.tokens, &mut self.called);
                return;
            }
        }
        if Combinator::of(&mac.path).is_some() {
            for mut branch in combinator::branches(mac).unwrap_or_default() {
                self.visit_expr_mut(&mut branch.expr);
            }
            return;
        }
        let exprs = macros::expressions(mac);
        if exprs.is_empty() {
            // Nobody can look into it: whatever is named in it may be called.
            names_in(&mac.tokens, &mut self.called);
        }
        self.called.insert(name);
        for mut expr in exprs {
            self.visit_expr_mut(&mut expr);
        }
    }

    fn prints(&self, path: &Path, name: &str) -> bool {
        if !PRINTING.contains(&name) {
            return false;
        }
        match path.segments.len() {
            // A macro of std, unless something else has the name.
            1 => match self.names.resolve(path) {
                Meaning::Own => false,
                Meaning::Absolute(_) => !self.names.imports(name),
                Meaning::Unknown(_) => true,
            },
            _ => {
                matches!(self.names.resolve(path), Meaning::Absolute(full) if full.iter().any(|full| full.first().is_some_and(|first| first == "std")))
            }
        }
    }

    fn method(&mut self, call: &ExprMethodCall) {
        let name = call.method.to_string();
        let futures = ["futures", "futures_util", "tokio_stream"];
        let is_stream = STREAM_METHODS.contains(&&*name)
            && (self.names.has_trait(&futures, "StreamExt")
                || self.names.has_trait(&futures, "TryStreamExt"));
        let rule = if is_stream {
            Some(Rule::Unordered)
        } else if RAYON_METHODS.contains(&&*name) && self.has_rayon() {
            Some(Rule::Spawn)
        } else if self.changes_shared(call, &name) {
            Some(Rule::SharedState)
        } else if name == "catch_unwind"
            && self.names.has_trait(&futures, "FutureExt")
            && tokens::has_await(&call.receiver.to_token_stream())
        {
            Some(Rule::CatchUnwind)
        } else {
            None
        };
        if let Some(rule) = rule {
            self.report(
                rule,
                &call.method.to_token_stream(),
                &format!(".{name}(..)"),
            );
        }
    }

    fn has_rayon(&self) -> bool {
        [
            "IntoParallelIterator",
            "IntoParallelRefIterator",
            "ParallelIterator",
            "ParallelBridge",
        ]
        .iter()
        .any(|name| self.names.has_trait(&["rayon"], name))
    }

    /// Whether an atomic or a cell that is a static is written.
    fn changes_shared(&self, call: &ExprMethodCall, name: &str) -> bool {
        let Expr::Path(receiver) = &*call.receiver else {
            return false;
        };
        if !is_screaming(&receiver.path) || self.names.is_variable(&receiver.path) {
            return false;
        }
        let ordered = call.args.last().is_some_and(is_ordering);
        let atomic = matches!(
            name,
            "store" | "swap" | "compare_exchange" | "compare_exchange_weak"
        ) || name.starts_with("fetch_");
        let cell = || {
            let name = tokens::last_segment(&receiver.path);
            self.names
                .type_of_static(&name)
                .is_some_and(|ty| matches!(ty, "OnceLock" | "OnceCell" | "SetOnce"))
        };
        atomic && ordered || name == "set" && call.args.len() == 1 && cell()
    }

    fn caught(&mut self, call: &ExprCall) {
        if let Expr::Path(found) = &*call.func
            && let Meaning::Absolute(full) = self.names.resolve(&found.path)
            && full
                .iter()
                .any(|full| *full == ["std", "panic", "catch_unwind"])
            && call
                .args
                .iter()
                .any(|arg| tokens::has_await(&arg.to_token_stream()))
        {
            self.report(
                Rule::CatchUnwind,
                &found.path.to_token_stream(),
                "catch_unwind",
            );
        }
    }

    /// `COUNTER = 1` or `COUNTER += 1`, which writes a `static mut`.
    fn assigned(&mut self, left: &Expr) {
        if let Expr::Path(found) = left
            && is_screaming(&found.path)
            && !self.names.is_variable(&found.path)
        {
            let shown = tokens::shown(&found.path);
            self.report(Rule::SharedState, &found.path.to_token_stream(), &shown);
        }
    }
}

fn names_in(tokens: &TokenStream, names: &mut HashSet<String>) {
    for tree in tokens.clone() {
        match tree {
            TokenTree::Ident(name) => _ = names.insert(name.unraw().to_string()),
            TokenTree::Group(group) => names_in(&group.stream(), names),
            _ => {}
        }
    }
}

fn is_ordering(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(found) if matches!(
        &*tokens::last_segment(&found.path),
        "Relaxed" | "Release" | "Acquire" | "AcqRel" | "SeqCst"
    ))
}

impl VisitMut for Checker<'_> {
    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        let before = self.allowed.len();
        if let Some(attrs) = ids::attrs_of_statement(stmt) {
            let allowed = allow::allowed(attrs, &mut self.exceptions, self.errors);
            self.allowed.extend(allowed);
        }
        visit_mut::visit_stmt_mut(self, stmt);
        self.allowed.truncate(before);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Path(found) => self.path(&found.path),
            Expr::Call(call) if calls::takes_bodies(call, self.names) => {
                self.captured(call);
                for arg in &mut call.args {
                    if !matches!(arg, Expr::Closure(_)) {
                        self.visit_expr_mut(arg);
                    }
                }
            }
            Expr::Call(call) => {
                self.captured(call);
                self.caught(call);
                visit_mut::visit_expr_call_mut(self, call);
            }
            Expr::MethodCall(call) => {
                self.method(call);
                self.called.insert(call.method.unraw().to_string());
                self.visit_expr_mut(&mut call.receiver);
                // Whether a poll is over is decided where its check ran, and recorded.
                let recorded = call.method == "until" || call.method == "retry_if";
                for arg in &mut call.args {
                    if !(recorded && matches!(arg, Expr::Closure(_))) {
                        self.visit_expr_mut(arg);
                    }
                }
            }
            Expr::Assign(assign) => {
                self.assigned(&assign.left);
                visit_mut::visit_expr_assign_mut(self, assign);
            }
            Expr::Binary(binary) if is_assignment(&binary.op) => {
                self.assigned(&binary.left);
                visit_mut::visit_expr_binary_mut(self, binary);
            }
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        self.mac(mac);
    }

    // A constant is evaluated while compiling, and a type executes nothing.
    fn visit_expr_const_mut(&mut self, _: &mut ExprConst) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

fn is_assignment(op: &syn::BinOp) -> bool {
    op.to_token_stream().to_string().ends_with('=')
        && !matches!(
            op,
            syn::BinOp::Eq(_) | syn::BinOp::Ne(_) | syn::BinOp::Le(_) | syn::BinOp::Ge(_)
        )
}
