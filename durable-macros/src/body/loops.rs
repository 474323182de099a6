//! Loops, around which sites repeat.

use syn::visit_mut::VisitMut as _;
use syn::{ExprForLoop, ExprLoop, ExprWhile};

use super::{Position, Rewriter, warnings};

impl Rewriter<'_> {
    fn in_loop(&mut self, inside: impl FnOnce(&mut Self)) {
        self.place.loops.push(self.loops);
        self.loops += 1;
        inside(self);
        self.place.loops.pop();
    }

    pub(super) fn visit_loop(&mut self, expr: &mut ExprLoop) {
        let (keyword, label) = (expr.loop_token.span, expr.label.as_ref());
        self.visit_endless(keyword, label, &mut expr.body, |this, body| {
            this.in_loop(|this| this.visit_block_mut(body));
        });
    }

    pub(super) fn visit_while(&mut self, expr: &mut ExprWhile) {
        if warnings::is_true(&expr.cond) {
            let (keyword, label) = (expr.while_token.span, expr.label.as_ref());
            self.visit_endless(keyword, label, &mut expr.body, |this, body| {
                this.in_loop(|this| this.behind_head(|this| this.visit_block_mut(body)));
            });
            return;
        }
        self.in_loop(|this| {
            this.visit_at(Position::Loose, &mut expr.cond);
            this.behind_head(|this| this.visit_block_mut(&mut expr.body));
        });
    }

    pub(super) fn visit_for(&mut self, expr: &mut ExprForLoop) {
        // Before it is rewritten, it shows what it starts from.
        let items = warnings::root(&expr.expr);
        self.visit_at(Position::Loose, &mut expr.expr);
        let sites = self.table.rows().len();
        self.in_loop(|this| {
            this.behind_head(|this| this.visit_block_mut(&mut expr.body));
        });
        if self.table.rows().len() > sites {
            *expr.expr = warnings::ordered(items, &expr.expr);
        }
    }
}
