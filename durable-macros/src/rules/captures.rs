//! DW014: what the closure of an operation changes of the workflow's own variables.
//!
//! A replay takes the recorded result and doesn't run the closure, so the change would be lost. The closure is an `Fn` and the compiler refuses it too,
//! in words about closures; this says why. A call that changes what it is called on can't be told from one that doesn't, and is left to the compiler.

use std::collections::HashSet;

use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprAssign, ExprAsync, ExprBinary, ExprCall, ExprClosure, ExprReference, ExprUnsafe,
    Item, Macro, PatIdent, Path, UnOp,
};

use super::names::{Meaning, Names};
use super::{Checker, is_assignment, names_in};
use crate::body::{calls, tokens};
use crate::diag::Rule;

impl Checker<'_> {
    /// DW014, in the closures that an operation is made of.
    pub(super) fn captured(&mut self, call: &ExprCall) {
        // Where nobody can tell whose function it is, the compiler refuses what has to be refused.
        let known = matches!(&*call.func, Expr::Path(found)
            if found.path.segments.len() == 1
                || !matches!(self.names.resolve(&found.path), Meaning::Unknown(_)));
        if !known || !calls::takes_closures(call, self.names) {
            return;
        }
        for arg in &call.args {
            let Expr::Closure(closure) = arg else {
                continue;
            };
            for path in changed(closure, self.names) {
                let shown = tokens::shown(path);
                self.report(Rule::Captured, &path.to_token_stream(), &shown);
            }
        }
    }
}

/// The variables of the workflow that this closure changes, each where it stands.
fn changed<'a>(closure: &'a ExprClosure, names: &Names) -> Vec<&'a Path> {
    let mut bound = Bound::default();
    bound.visit_expr_closure(closure);
    let mut changes = Changes {
        names,
        bound: bound.0,
        found: Vec::new(),
    };
    changes.visit_expr(&closure.body);
    changes.found
}

/// The names that a closure binds itself, wherever in it.
#[derive(Default)]
struct Bound(HashSet<String>);

impl Visit<'_> for Bound {
    fn visit_pat_ident(&mut self, pat: &PatIdent) {
        self.0.insert(pat.ident.unraw().to_string());
        visit::visit_pat_ident(self, pat);
    }

    // Any name in a macro may be one that it binds.
    fn visit_macro(&mut self, mac: &Macro) {
        names_in(&mac.tokens, &mut self.0);
    }
}

struct Changes<'n, 'a> {
    names: &'n Names,
    bound: HashSet<String>,
    found: Vec<&'a Path>,
}

impl<'a> Changes<'_, 'a> {
    fn changes(&mut self, place: &'a Expr) {
        match place {
            Expr::Path(found) => {
                let name = found.path.to_token_stream().to_string();
                let name = name.trim_start_matches("r#");
                if self.names.is_variable(&found.path) && !self.bound.contains(name) {
                    self.found.push(&found.path);
                }
            }
            Expr::Field(inner) => self.changes(&inner.base),
            Expr::Index(inner) => self.changes(&inner.expr),
            Expr::Paren(inner) => self.changes(&inner.expr),
            Expr::Group(inner) => self.changes(&inner.expr),
            Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)) => self.changes(&inner.expr),
            // `(a, b) = ..`
            Expr::Tuple(inner) => inner.elems.iter().for_each(|place| self.changes(place)),
            _ => {}
        }
    }
}

impl<'a> Visit<'a> for Changes<'_, 'a> {
    fn visit_expr_assign(&mut self, assign: &'a ExprAssign) {
        self.changes(&assign.left);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'a ExprBinary) {
        if is_assignment(&binary.op) {
            self.changes(&binary.left);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_reference(&mut self, reference: &'a ExprReference) {
        if reference.mutability.is_some() {
            self.changes(&reference.expr);
        }
        visit::visit_expr_reference(self, reference);
    }

    // What is moved in is a copy, and the change is the copy's; what can't be copied the compiler refuses.
    fn visit_expr_async(&mut self, block: &'a ExprAsync) {
        if block.capture.is_none() {
            visit::visit_expr_async(self, block);
        }
    }

    fn visit_expr_closure(&mut self, closure: &'a ExprClosure) {
        if closure.capture.is_none() {
            visit::visit_expr_closure(self, closure);
        }
    }

    // What a raw pointer leads to is nobody's variable.
    fn visit_expr_unsafe(&mut self, _: &'a ExprUnsafe) {}
    fn visit_item(&mut self, _: &'a Item) {}
}
