//! What is no mistake for certain, and is warned about. A macro can't warn, so the expansion uses a deprecated item of the runtime
//! where the user's text is; that item's note is the message.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprBlock, ExprBreak, ExprClosure, ExprContinue, ExprForLoop, ExprLoop,
    ExprReturn, ExprWhile, Ident, Item, Label, Lifetime, Lit, Macro, Stmt,
};

use super::{Rewriter, tokens, unparenthesized};
use crate::input::{call_at, span_of};
use crate::key;

/// Whether a `while`'s condition makes an endless loop of it.
pub(super) fn is_true(condition: &Expr) -> bool {
    matches!(
        unparenthesized(condition),
        Expr::Lit(literal) if matches!(&literal.lit, Lit::Bool(value) if value.value)
    )
}

/// Whether anything in the body of a loop, as it was written, leaves that loop.
fn ends(body: &Block, label: Option<&Label>) -> bool {
    let mut exits = Exits {
        own: label.map(|label| label.name.clone()),
        inside: Vec::new(),
        loops: 0,
        callables: 0,
        found: false,
    };
    exits.visit_block(body);
    exits.found
}

impl Rewriter<'_> {
    /// Visits the body of a loop that nothing but what is in it can end (DW018).
    pub(super) fn visit_endless(
        &mut self,
        keyword: Span,
        label: Option<&Label>,
        body: &mut Block,
        visit: impl FnOnce(&mut Self, &mut Block),
    ) {
        let ends = ends(body, label);
        let (sites, warned) = (self.table.rows().len(), self.endless_loops);
        visit(self, body);
        // A loop around an endless one doesn't come to its second iteration.
        if ends || self.editor || self.table.rows().len() == sites || self.endless_loops > warned {
            return;
        }
        self.endless_loops += 1;
        let warning = quote_spanned!(keyword=> ::durable_runtime::warning::endless_loop());
        body.stmts
            .insert(0, Stmt::Expr(Expr::Verbatim(warning), Some(<_>::default())));
    }
}

/// `items` as an expression that warns where their order is another one on every replay (DW006).
///
/// It is evaluated once, where it stood, and passed on as it is. The closure only exists for its body, in which the compiler looks up a
/// method of the type it has found for `items`.
pub(super) fn ordered(at: Span, items: &Expr) -> Expr {
    let probe = Ident::new("__dw_items", Span::mixed_site().located_at(at));
    Expr::Verbatim(call_at(
        items,
        |span| quote_spanned!(span=> ::durable_runtime::warning::iterated),
        quote_spanned!(at=> , |#probe| #probe.order()),
    ))
}

/// Where the compiler warns, which takes the span of one token: what a chain starts from.
pub(super) fn root(expr: &Expr) -> Span {
    match expr {
        Expr::MethodCall(inner) => root(&inner.receiver),
        Expr::Reference(inner) => root(&inner.expr),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Group(inner) => root(&inner.expr),
        Expr::Try(inner) => root(&inner.expr),
        Expr::Await(inner) => root(&inner.base),
        Expr::Call(inner) => root(&inner.func),
        Expr::Field(inner) => span_of(&inner.member),
        Expr::Path(inner) => inner
            .path
            .segments
            .last()
            .map_or_else(|| span_of(inner), |segment| segment.ident.span()),
        other => span_of(other),
    }
}

/// Looks for what leaves a loop: `break`, `return`, and a restart.
struct Exits {
    own: Option<Lifetime>,
    /// The labels inside of the loop.
    inside: Vec<Lifetime>,
    /// The loops inside of it, around the current expression.
    loops: u32,
    /// The closures and `async` blocks around the current expression, which are what `return` leaves.
    callables: u32,
    found: bool,
}

impl Exits {
    fn labelled(&mut self, label: Option<&Label>, inside: impl FnOnce(&mut Self)) {
        let depth = self.inside.len();
        self.inside.extend(label.map(|label| label.name.clone()));
        inside(self);
        self.inside.truncate(depth);
    }

    fn in_loop(&mut self, label: Option<&Label>, inside: impl FnOnce(&mut Self)) {
        self.loops += 1;
        self.labelled(label, inside);
        self.loops -= 1;
    }

    fn in_callable(&mut self, inside: impl FnOnce(&mut Self)) {
        self.callables += 1;
        inside(self);
        self.callables -= 1;
    }

    fn leave(&mut self) {
        self.found |= self.callables == 0;
    }
}

impl Visit<'_> for Exits {
    fn visit_expr_break(&mut self, found: &ExprBreak) {
        let leaves = match &found.label {
            Some(label) => !self.inside.contains(label),
            None => self.loops == 0,
        };
        if leaves {
            self.leave();
        }
        visit::visit_expr_break(self, found);
    }

    fn visit_expr_continue(&mut self, found: &ExprContinue) {
        if let Some(label) = &found.label
            && !self.inside.contains(label)
            && self.own.as_ref() != Some(label)
        {
            self.leave();
        }
    }

    fn visit_expr_return(&mut self, found: &ExprReturn) {
        self.leave();
        visit::visit_expr_return(self, found);
    }

    fn visit_expr_call(&mut self, found: &syn::ExprCall) {
        // A branch of a combinator or a child may be what restarts.
        self.found |= key::callee(found).is_some_and(|name| name == "restart");
        visit::visit_expr_call(self, found);
    }

    fn visit_macro(&mut self, found: &Macro) {
        let returns = matches!(&*tokens::last_segment(&found.path), "bail" | "ensure");
        if returns || may_leave(found.tokens.clone()) {
            self.found = true;
        }
    }

    fn visit_expr_loop(&mut self, inner: &ExprLoop) {
        self.in_loop(inner.label.as_ref(), |this| {
            this.visit_block(&inner.body);
        });
    }

    fn visit_expr_while(&mut self, inner: &ExprWhile) {
        self.in_loop(inner.label.as_ref(), |this| {
            this.visit_expr(&inner.cond);
            this.visit_block(&inner.body);
        });
    }

    fn visit_expr_for_loop(&mut self, inner: &ExprForLoop) {
        self.visit_expr(&inner.expr);
        self.in_loop(inner.label.as_ref(), |this| {
            this.visit_block(&inner.body);
        });
    }

    fn visit_expr_block(&mut self, inner: &ExprBlock) {
        self.labelled(inner.label.as_ref(), |this| this.visit_block(&inner.block));
    }

    fn visit_expr_closure(&mut self, inner: &ExprClosure) {
        self.in_callable(|this| this.visit_expr(&inner.body));
    }

    fn visit_expr_async(&mut self, inner: &ExprAsync) {
        self.in_callable(|this| this.visit_block(&inner.block));
    }

    fn visit_item(&mut self, _: &Item) {}
}

/// Whether a macro's tokens hold a word that could leave a loop. Silence is better than a false warning.
fn may_leave(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => may_leave(group.stream()),
        TokenTree::Ident(word) => is_exit(&word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn is_exit(word: &Ident) -> bool {
    ["break", "return", "restart"]
        .iter()
        .any(|exit| word == exit)
}
