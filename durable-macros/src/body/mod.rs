//! Finds the sites of a workflow's body and rewrites them, in one pass.

pub(crate) mod calls;
mod checks;
pub(crate) mod combinator;
mod control;
mod guards;
pub(crate) mod ids;
mod loops;
pub(crate) mod macros;
mod patterns;
pub(crate) mod tokens;
mod unfinished;
mod warnings;

use std::mem;

use durable_lock::compare::{ANY_SCOPE, part};
use durable_lock::manifest::{Arm, Node};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprAwait, ExprConst, Ident, Item, Local, Pat, Stmt, StmtMacro, Type,
};

use self::ids::Frame;
use crate::diag::{Errors, Rule, error};
use crate::expand::definition;
use crate::input::{call_at, span_of};
use crate::key::{self, Key};
use crate::rules::{Seen, allow};
use crate::sites::{Index, Kind, Place, Table};
use crate::skeleton::{Facts, Skeleton};

/// Rewrites `block`, the body of the workflow whose type is `workflow`, and fills `table`.
///
/// `seen` is what the rules know of it.
pub(crate) fn rewrite(
    block: &mut Block,
    workflow: &Ident,
    table: &mut Table,
    seen: &Seen,
    wants_skeleton: bool,
    errors: &mut Errors,
) -> Vec<Node> {
    let mut workflow = workflow.clone();
    workflow.set_span(Span::call_site());
    let mut rewriter = Rewriter {
        editor: table.is_for_editor(),
        workflow,
        table,
        seen,
        errors,
        place: Place::default(),
        depth: 0,
        ids: Vec::new(),
        decisions: 0,
        loops: 0,
        endless_loops: 0,
        position: Position::Loose,
        site_key: None,
        skeleton: Skeleton::new(wants_skeleton),
    };
    rewriter.visit_block_mut(block);
    rewriter.skeleton.into_nodes()
}

/// What the expression that is visited next is to the one around it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Position {
    /// Kept for later, as far as anybody can see: bound, returned, put in a structure.
    #[default]
    Loose,
    /// Used where it stands: called, or the result of a block that is.
    InPlace,
    /// An argument of a call.
    Argument,
    /// The start of a chain that is awaited, or that is a combinator's branch.
    Awaited,
}

struct Rewriter<'a> {
    workflow: Ident,
    /// Whether an editor asks: see [`Surroundings::editor`](crate::surroundings::Surroundings::editor).
    editor: bool,
    table: &'a mut Table,
    seen: &'a Seen,
    errors: &'a mut Errors,
    place: Place,
    /// The closures, `async` blocks and branches around the current expression. An `#[id]` names a
    /// site of its own depth only.
    depth: u32,
    ids: Vec<Frame>,
    decisions: u32,
    loops: u32,
    /// How many loops without an end have been warned about.
    endless_loops: u32,
    position: Position,
    /// The key of the operation whose expression is being visited: closures that are passed in it have their scope.
    site_key: Option<String>,
    skeleton: Skeleton,
}

impl Rewriter<'_> {
    fn visit_at(&mut self, position: Position, expr: &mut Expr) {
        self.position = position;
        self.visit_expr_mut(expr);
        self.position = Position::Loose;
    }

    /// Runs `inside` one level deeper, and forgets what it did to the place.
    fn nested(&mut self, inside: impl FnOnce(&mut Self)) {
        let place = self.place.clone();
        let site_key = self.site_key.take();
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.place = place;
        self.site_key = site_key;
    }

    /// The scope of a closure or a block that is passed to a call.
    fn scope_of_passed(&self) -> String {
        match &self.site_key {
            Some(key) => part(self.table.identity_of(key)),
            None => ANY_SCOPE.to_owned(),
        }
    }

    fn in_arm(&mut self, decision: u32, arm: u32, inside: impl FnOnce(&mut Self)) {
        self.place.arms.push((decision, arm));
        self.behind_head(inside);
        self.place.arms.pop();
    }

    fn decision(&mut self) -> u32 {
        self.decisions += 1;
        self.decisions
    }

    fn add(&mut self, key: Key, kind: Kind, facts: Facts, at: &impl ToTokens) -> Index {
        let place = self.place.clone();
        self.table.add(key, kind, facts, place, at, self.errors)
    }

    /// Puts an operation into the skeleton.
    fn draw(&mut self, index: Index, branches: Vec<Arm>) {
        if self.skeleton.is_wanted() {
            self.skeleton.site(self.table.manifest(index, branches));
        }
    }

    /// The expression that refers to a row of the table.
    fn site(&self, index: Index) -> TokenStream {
        let workflow = &self.workflow;
        let row = definition::row(index.row);
        quote!(#workflow::#row)
    }

    /// `expr` as the operation of a site. The call has the span of `expr`, so that the compiler
    /// reports there what is not durable.
    fn at(&self, expr: &Expr, index: Index) -> TokenStream {
        let site = self.site(index);
        let expr = unparenthesized(expr);
        let checked = self.checked(expr, index);
        call_at(
            &checked,
            |span| quote_spanned!(span=> __dw::Awaited::__at),
            quote!(, #site),
        )
    }

    /// `expr`, whose kind the compiler compares with the one that the lock file has for a row.
    fn checked(&self, expr: impl ToTokens, index: Index) -> TokenStream {
        let Some(kind) = self.table.locked_kind(index) else {
            return expr.to_token_stream();
        };
        let kind = quote::format_ident!("{kind:?}");
        call_at(
            &expr,
            |span| quote_spanned!(span=> __dw::Awaited::__is_kind::<__dw::kind::#kind>),
            TokenStream::new(),
        )
    }

    fn operation_key(&mut self, expr: &Expr) -> Option<Key> {
        if let Some(claim) = self.claim_id() {
            return claim.map(|text| key::given(text, expr));
        }
        match key::derive(expr) {
            Ok(Some(key)) => Some(key),
            Ok(None) => {
                self.errors.push(key::underivable(expr));
                None
            }
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    fn visit_await(&mut self, expr: &mut ExprAwait) {
        if let Expr::Macro(found) = unparenthesized(&expr.base)
            && combinator::Combinator::of(&found.mac.path).is_some()
        {
            self.errors.report(
                expr.await_token,
                Rule::NotDurable,
                format!(
                    "`{}!` waits by itself",
                    tokens::last_segment(&found.mac.path)
                ),
                "remove `.await`",
            );
            return;
        }
        if let Err(error) = checks::poll(&expr.base) {
            self.errors.push(error);
        }
        let key = self.operation_key(&expr.base);
        let shown = expr.base.clone();
        let facts = Facts::of(&shown, self.seen);
        let around = mem::replace(&mut self.site_key, key.as_ref().map(|key| key.text.clone()));
        self.visit_at(Position::Awaited, &mut expr.base);
        self.site_key = around;
        if let Some(key) = key {
            let index = self.add(key, Kind::Operation, facts, &shown);
            self.draw(index, Vec::new());
            if !self.editor {
                *expr.base = Expr::Verbatim(self.at(&expr.base, index));
            }
        }
    }

    fn visit_local(&mut self, local: &mut Local) {
        let Some(init) = &mut local.init else { return };
        let labels = patterns::Labels::of(&init.expr);
        self.visit_at(Position::Loose, &mut init.expr);
        if let Some((_, diverge)) = &mut init.diverge {
            self.visit_at(Position::Loose, diverge);
        }
        if let Some(labels) = labels {
            labels.rewrite(&mut local.pat);
        }
        let name = match &local.pat {
            Pat::Ident(name) => Some(&name.ident),
            _ => None,
        };
        self.skeleton.settle(name);
    }

    fn visit_stmt_macro(&mut self, stmt: &mut StmtMacro, is_last: bool) -> Option<Stmt> {
        let rewritten = self.visit_macro(&mut stmt.mac)?;
        let semi = match stmt.semi_token {
            None if !is_last => Some(syn::token::Semi::default()),
            semi => semi,
        };
        Some(Stmt::Expr(rewritten, semi))
    }

    /// Visits a block whose result is at `position`.
    fn visit_block_at(&mut self, position: Position, block: &mut Block) {
        let kept = guards::kept(block, self.seen);
        let last = block.stmts.len().saturating_sub(1);
        for (number, stmt) in block.stmts.iter_mut().enumerate() {
            if let Some(attrs) = ids::attrs_of_statement(stmt) {
                allow::strip(attrs);
            }
            let id = self.take_id(stmt);
            let has_id = id.is_some();
            if let Some(frame) = id {
                self.ids.push(frame);
            }
            match stmt {
                Stmt::Local(local) => self.visit_local(local),
                Stmt::Expr(expr, None) if number == last => self.visit_at(position, expr),
                Stmt::Expr(expr, _) => self.visit_at(Position::Loose, expr),
                Stmt::Macro(found) => {
                    if let Some(rewritten) = self.visit_stmt_macro(found, number == last) {
                        *stmt = rewritten;
                    }
                }
                // Items are no part of what this workflow executes.
                Stmt::Item(_) => {}
            }
            if has_id {
                self.close_id();
            }
        }
        if !self.editor {
            guards::warn(block, kept);
        }
    }
}

impl VisitMut for Rewriter<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let position = mem::take(&mut self.position);
        match expr {
            Expr::Await(inner) => self.visit_await(inner),
            Expr::Async(inner) => *expr = self.visit_async(inner, position),
            Expr::Closure(inner) => self.visit_closure(inner, position),
            Expr::Call(inner) => {
                if let Some(rewritten) = self.visit_call(inner, position) {
                    *expr = rewritten;
                }
            }
            Expr::MethodCall(inner) => {
                if let Err(error) = checks::timeout(inner) {
                    self.errors.push(error);
                }
                self.visit_at(position, &mut inner.receiver);
                for arg in &mut inner.args {
                    self.visit_at(Position::Argument, arg);
                }
            }
            Expr::Try(inner) => {
                let ends = combinator::is_waited_for(&inner.expr);
                self.visit_at(position, &mut inner.expr);
                if ends {
                    self.skeleton.last_can_end();
                }
            }
            Expr::Return(inner) => {
                let line = line_of(&inner.return_token);
                visit_mut::visit_expr_return_mut(self, inner);
                self.skeleton.end("return", line);
            }
            Expr::Break(inner) => {
                let line = line_of(&inner.break_token);
                visit_mut::visit_expr_break_mut(self, inner);
                self.skeleton.end("break", line);
            }
            Expr::Continue(inner) => self
                .skeleton
                .end("continue", line_of(&inner.continue_token)),
            Expr::Paren(inner) => self.visit_at(position, &mut inner.expr),
            Expr::Group(inner) => self.visit_at(position, &mut inner.expr),
            Expr::Reference(inner) => self.visit_at(position, &mut inner.expr),
            Expr::Field(inner) => self.visit_at(position, &mut inner.base),
            Expr::Block(inner) => self.visit_block_at(position, &mut inner.block),
            Expr::Unsafe(inner) => self.visit_block_at(position, &mut inner.block),
            Expr::If(inner) => self.visit_if(inner),
            Expr::Match(inner) => self.visit_match(inner),
            Expr::Let(inner) => {
                let labels = patterns::Labels::of(&inner.expr);
                self.visit_at(Position::Loose, &mut inner.expr);
                if let Some(labels) = labels {
                    labels.rewrite(&mut inner.pat);
                }
            }
            Expr::Loop(inner) => self.visit_loop(inner),
            Expr::While(inner) => self.visit_while(inner),
            Expr::ForLoop(inner) => self.visit_for(inner),
            Expr::Macro(inner) => {
                if let Some(rewritten) = self.visit_macro(&mut inner.mac) {
                    *expr = rewritten;
                }
            }
            Expr::Verbatim(found) if !self.editor && tokens::has_await(found) => {
                self.errors.push(error(
                    found,
                    Rule::OpaqueMacro,
                    "this syntax can't be looked into, and it holds `.await`",
                    "bind the value first: `let value = ..await;`",
                ))
            }
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.visit_block_at(Position::Loose, block);
    }

    fn visit_attribute_mut(&mut self, attr: &mut Attribute) {
        self.refuse_id(attr);
    }

    // A constant is evaluated while compiling, and a type executes nothing.
    fn visit_expr_const_mut(&mut self, _: &mut ExprConst) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// `expr` without the parentheses around it, which a call's own make superfluous.
fn unparenthesized(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) if paren.attrs.is_empty() => unparenthesized(&paren.expr),
        Expr::Group(group) if group.attrs.is_empty() => unparenthesized(&group.expr),
        other => other,
    }
}

fn line_of(tokens: &impl ToTokens) -> u32 {
    u32::try_from(span_of(tokens).start().line).unwrap_or(u32::MAX)
}
