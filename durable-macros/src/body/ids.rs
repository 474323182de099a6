//! `#[id("..")]` on a statement: the key of its one site.

use syn::{Attribute, Expr, LitStr, Meta, Stmt};

use super::Rewriter;
use crate::diag::{Rule, error};
use crate::literal;

/// An `#[id]` whose statement is being visited.
pub(super) struct Frame {
    attr: Attribute,
    /// `None` when the literal is wrong, which is reported already.
    text: Option<String>,
    depth: u32,
    /// The statement is a `match`, an `if` or a loop: the id names the site in its head.
    head_only: bool,
    uses: usize,
}

impl Rewriter<'_> {
    /// Takes the statement's `#[id]` out of the output.
    pub(super) fn take_id(&mut self, stmt: &mut Stmt) -> Option<Frame> {
        let head_only = match stmt {
            Stmt::Expr(expr, _) => has_head(leftmost(expr)),
            _ => false,
        };
        let refused = match stmt {
            Stmt::Expr(expr, _) => is_plain_block(leftmost(expr)),
            Stmt::Item(_) => return None,
            _ => false,
        };
        let attrs = attrs_of_statement(stmt)?;
        let position = attrs.iter().position(|attr| attr.path().is_ident("id"))?;
        let mut attr = attrs.remove(position);
        if refused {
            self.refuse_id(&mut attr);
            return None;
        }
        let text = match literal_of(&attr).and_then(|text| literal::name(&text)) {
            Ok(text) => Some(text),
            Err(error) => {
                self.errors.push(error);
                None
            }
        };
        Some(Frame {
            attr,
            text,
            depth: self.depth,
            head_only,
            uses: 0,
        })
    }

    /// Uses the statement's id for a site of it. `None`: there is no id here. `Some(None)`: there
    /// is, but the site gets no key from it, which is reported elsewhere.
    pub(super) fn claim_id(&mut self) -> Option<Option<String>> {
        let frame = self.ids.last_mut()?;
        if frame.depth != self.depth {
            return None;
        }
        frame.uses += 1;
        Some(frame.text.clone().filter(|_| frame.uses == 1))
    }

    /// Ends the statement, which must have had exactly one site.
    pub(super) fn close_id(&mut self) {
        let Some(frame) = self.ids.pop() else { return };
        let what = match frame.uses {
            1 => return,
            0 => "this statement has no operation that `#[id]` could name".to_owned(),
            several => format!("this statement has {several} operations, and `#[id]` names one"),
        };
        let help = match frame.uses {
            0 => "put it on the statement that holds the `.await`, `join!` or `race!`",
            _ => "use a statement for each, or `.named(\"..\")` on each operation",
        };
        self.errors.report(frame.attr, Rule::Key, what, help);
    }

    /// Visits what is behind the head of a `match`, an `if` or a loop.
    pub(super) fn behind_head(&mut self, inside: impl FnOnce(&mut Self)) {
        let hidden = self
            .ids
            .last()
            .is_some_and(|frame| frame.head_only && frame.depth == self.depth);
        self.depth += u32::from(hidden);
        inside(self);
        self.depth -= u32::from(hidden);
    }

    /// Reports an `#[id]` that stands on anything but a statement with one site.
    pub(super) fn refuse_id(&mut self, attr: &mut Attribute) {
        if attr.path().is_ident("id") {
            self.errors.report(
                attr,
                Rule::Key,
                "`#[id]` can't stand here",
                "put it on the `let` or expression statement that holds the operation",
            );
        }
    }
}

/// The attributes of a statement that executes something.
pub(crate) fn attrs_of_statement(stmt: &mut Stmt) -> Option<&mut Vec<Attribute>> {
    match stmt {
        Stmt::Local(local) => Some(&mut local.attrs),
        Stmt::Macro(found) => Some(&mut found.attrs),
        Stmt::Expr(expr, _) => attrs_of(leftmost(expr)),
        Stmt::Item(_) => None,
    }
}

/// The expression to which the parser gives a statement's attributes.
fn leftmost(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Assign(inner) => leftmost(&mut inner.left),
        Expr::Binary(inner) => leftmost(&mut inner.left),
        Expr::Cast(inner) => leftmost(&mut inner.expr),
        other => other,
    }
}

fn attrs_of(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    macro_rules! attrs_of {
        ($($variant:ident)*) => {
            match expr {
                $(Expr::$variant(inner) => Some(&mut inner.attrs),)*
                _ => None,
            }
        };
    }
    attrs_of!(
        Array Async Await Block Break Call Closure Const Continue Field ForLoop Group If Index Infer
        Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct
        Try TryBlock Tuple Unary Unsafe While Yield
    )
}

fn has_head(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::If(_) | Expr::Match(_) | Expr::While(_) | Expr::ForLoop(_)
    )
}

fn is_plain_block(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Block(_) | Expr::Unsafe(_) | Expr::Loop(_) | Expr::Async(_) | Expr::TryBlock(_)
    )
}

fn literal_of(attr: &Attribute) -> syn::Result<LitStr> {
    let refuse = || {
        error(
            attr,
            Rule::Key,
            "`#[id]` is this operation's identity, so it takes one string literal",
            "write `#[id(\"..\")]`",
        )
    };
    match &attr.meta {
        Meta::List(list) => list.parse_args().map_err(|_cause| refuse()),
        _ => Err(refuse()),
    }
}
