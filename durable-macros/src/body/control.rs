//! What runs where it stands, and what runs elsewhere: decisions, closures and `async` blocks.

use durable_lock::compare::ANY_SCOPE;
use durable_lock::manifest::{Arm, Node};
use quote::{quote, quote_spanned};
use syn::visit_mut::VisitMut as _;
use syn::{Expr, ExprAsync, ExprClosure, ExprIf, ExprMatch};

use super::{Position, Rewriter, line_of, patterns};
use crate::diag::Rule;
use crate::input::stretch;

impl Rewriter<'_> {
    pub(super) fn visit_async(&mut self, expr: &mut ExprAsync, position: Position) -> Expr {
        let line = line_of(&expr.async_token);
        self.kept(position, line, |this| {
            this.place.floating |= position == Position::Loose;
            this.visit_block_mut(&mut expr.block);
        });
        if self.editor {
            return Expr::Verbatim(quote!(__dw::block(#expr)));
        }
        let block = quote_spanned!(expr.async_token.span=> __dw::block(#expr));
        Expr::Verbatim(stretch(block, expr))
    }

    /// Visits a closure or an `async` block, which runs where it stands or where somebody calls it.
    fn kept(&mut self, position: Position, line: u32, inside: impl FnOnce(&mut Self)) {
        let scope = match position {
            Position::Argument => Some(self.scope_of_passed()),
            Position::Loose => Some(ANY_SCOPE.to_owned()),
            Position::InPlace | Position::Awaited => None,
        };
        if scope.is_some() {
            self.skeleton.open();
        }
        self.nested(|this| {
            this.place.scope.extend(scope);
            inside(this);
        });
        match position {
            Position::Argument => self.skeleton.passed(line),
            Position::Loose => self.skeleton.later(line),
            Position::InPlace | Position::Awaited => {}
        }
    }

    pub(super) fn visit_closure(&mut self, expr: &mut ExprClosure, position: Position) {
        if let Some(token) = &expr.asyncness {
            self.errors.report(
                token,
                Rule::Shape,
                "an `async` closure can't be made durable",
                "write `|x| async move { .. }`",
            );
            return;
        }
        let line = line_of(&expr.body);
        self.kept(position, line, |this| {
            this.place.closures += 1;
            match position {
                // Whoever is called runs it in a scope of its own, so the loops around it don't
                // repeat the sites in it.
                Position::Argument => this.place.loops.clear(),
                Position::Loose => this.place.floating = true,
                Position::InPlace | Position::Awaited => {}
            }
            this.visit_at(Position::InPlace, &mut expr.body);
        });
    }

    pub(super) fn visit_if(&mut self, expr: &mut ExprIf) {
        let head = self.skeleton.text("if ", &expr.cond);
        let line = line_of(&expr.if_token);
        self.visit_at(Position::Loose, &mut expr.cond);
        let decision = self.decision();
        let mut arms = Vec::new();
        let then = self.drawn(|this| {
            this.in_arm(decision, 0, |this| {
                this.visit_block_mut(&mut expr.then_branch);
            });
        });
        arms.push(arm("then", then));
        let mut otherwise = Vec::new();
        if let Some((_, expr)) = &mut expr.else_branch {
            otherwise = self.drawn(|this| {
                this.in_arm(decision, 1, |this| {
                    this.visit_at(Position::Loose, expr);
                });
            });
        }
        arms.push(arm("else", otherwise));
        self.skeleton.decision(head, line, arms);
    }

    /// The nodes of what is visited meanwhile.
    pub(super) fn drawn(&mut self, inside: impl FnOnce(&mut Self)) -> Vec<Node> {
        self.skeleton.open();
        inside(self);
        self.skeleton.close()
    }

    pub(super) fn visit_match(&mut self, expr: &mut ExprMatch) {
        let labels = patterns::Labels::of(&expr.expr);
        let head = self.skeleton.text("match ", &expr.expr);
        let line = line_of(&expr.match_token);
        self.visit_at(Position::Loose, &mut expr.expr);
        let decision = self.decision();
        let mut arms = Vec::new();
        for (number, arm) in (0..).zip(&mut expr.arms) {
            self.visit_attributes_mut(&mut arm.attrs);
            let label = self.skeleton.text("", &arm.pat);
            // Guards of several arms can run before one of them is taken.
            self.behind_head(|this| this.visit_pat_mut(&mut arm.pat));
            if let Some(labels) = &labels {
                labels.rewrite(&mut arm.pat);
            }
            let body = self.drawn(|this| {
                this.in_arm(decision, number, |this| {
                    this.visit_at(Position::Loose, &mut arm.body);
                });
            });
            arms.push(Arm { label, body });
        }
        self.skeleton.decision(head, line, arms);
    }
}

fn arm(label: &str, body: Vec<Node>) -> Arm {
    Arm {
        label: label.to_owned(),
        body,
    }
}
