//! Loops, around which sites repeat.

use syn::visit_mut::VisitMut as _;
use syn::{ExprForLoop, ExprLoop, ExprWhile};

use super::{Position, Rewriter, line_of, warnings};

impl Rewriter<'_> {
    fn in_loop(&mut self, head: String, line: u32, inside: impl FnOnce(&mut Self)) {
        self.place.loops.push(self.loops);
        self.loops += 1;
        let body = self.drawn(inside);
        self.place.loops.pop();
        self.skeleton.repeated(head, line, body);
    }

    pub(super) fn visit_loop(&mut self, expr: &mut ExprLoop) {
        let (keyword, label) = (expr.loop_token.span, expr.label.as_ref());
        let line = line_of(&expr.loop_token);
        self.visit_endless(keyword, label, &mut expr.body, |this, body| {
            this.in_loop("loop".to_owned(), line, |this| this.visit_block_mut(body));
        });
    }

    pub(super) fn visit_while(&mut self, expr: &mut ExprWhile) {
        let head = self.skeleton.text("while ", &expr.cond);
        let line = line_of(&expr.while_token);
        if warnings::is_true(&expr.cond) {
            let (keyword, label) = (expr.while_token.span, expr.label.as_ref());
            self.visit_endless(keyword, label, &mut expr.body, |this, body| {
                this.in_loop(head, line, |this| {
                    this.behind_head(|this| this.visit_block_mut(body));
                });
            });
            return;
        }
        self.in_loop(head, line, |this| {
            this.visit_at(Position::Loose, &mut expr.cond);
            this.behind_head(|this| this.visit_block_mut(&mut expr.body));
        });
    }

    pub(super) fn visit_for(&mut self, expr: &mut ExprForLoop) {
        // Before it is rewritten, it shows what it starts from.
        let items = warnings::root(&expr.expr);
        let head = self.skeleton.text("for ", &expr.pat) + &self.skeleton.text(" in ", &expr.expr);
        let line = line_of(&expr.for_token);
        self.visit_at(Position::Loose, &mut expr.expr);
        let sites = self.table.rows().len();
        self.in_loop(head, line, |this| {
            this.behind_head(|this| this.visit_block_mut(&mut expr.body));
        });
        if !self.editor && self.table.rows().len() > sites {
            *expr.expr = warnings::ordered(items, &expr.expr);
        }
    }
}
