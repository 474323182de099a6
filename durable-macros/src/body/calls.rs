//! Calls that the rewriter knows: operations written in place, and value functions.

use durable_lock::Kind as RecordKind;
use proc_macro2::Span;
use quote::{quote, quote_spanned};
use syn::{Expr, ExprCall, Ident, parse_quote_spanned};

use super::{Position, Rewriter, checks, tokens, warnings};
use crate::input::{span_of, stretch};
use crate::key::{self, Key};
use crate::rules::names::Names;
use crate::sites::Kind;
use crate::skeleton::Facts;

/// Functions whose value depends on the place where they are called.
pub(super) const VALUES: &[&str] = &["uuid", "random", "rng"];
/// Calls that make an operation of a closure.
const INLINE: &[Inline] = &[
    Inline {
        function: "step",
        shape: Shape::Named,
        resolve: "inline_step",
        is_workflow: false,
    },
    Inline {
        function: "child",
        shape: Shape::Named,
        resolve: "inline_child",
        is_workflow: true,
    },
    Inline {
        function: "retry_block",
        shape: Shape::Named,
        resolve: "inline_retry_block",
        is_workflow: true,
    },
    Inline {
        function: "map",
        shape: Shape::Arguments(2),
        resolve: "inline_batch",
        is_workflow: true,
    },
    Inline {
        function: "parallel",
        shape: Shape::Arguments(1),
        resolve: "inline_batch",
        is_workflow: true,
    },
    Inline {
        function: "poll_until",
        shape: Shape::Arguments(2),
        resolve: "inline_poll",
        is_workflow: false,
    },
    Inline {
        function: "wait_for_callback",
        shape: Shape::Arguments(1),
        resolve: "inline_wait_for_callback",
        is_workflow: false,
    },
];

/// An operation that is written in place.
struct Inline {
    function: &'static str,
    shape: Shape,
    /// The runtime's macro that looks at the closure's result type, where it is known.
    resolve: &'static str,
    /// Whether the closure is a part of the workflow. A step's body is not: nothing in it is a site.
    is_workflow: bool,
}

/// What tells a call of ours from one of a user's own function with the same name.
enum Shape {
    /// `name("key", || ..)`.
    Named,
    /// This many arguments. The runtime's macro lets everything pass that isn't ours.
    Arguments(usize),
}

impl Inline {
    fn of(call: &ExprCall) -> Option<&'static Self> {
        let name = key::callee(call)?;
        let inline = INLINE.iter().find(|inline| inline.function == name)?;
        let fits = match inline.shape {
            Shape::Named => key::is_named_closure(call),
            Shape::Arguments(count) => call.args.len() == count,
        };
        fits.then_some(inline)
    }
}

impl Rewriter<'_> {
    /// Visits a call, and returns what takes its place if anything does.
    pub(super) fn visit_call(&mut self, call: &mut ExprCall, position: Position) -> Option<Expr> {
        if key::is_box_pin(call) {
            for arg in &mut call.args {
                self.visit_at(position, arg);
            }
            return None;
        }
        if position != Position::Awaited
            && let Err(error) = key::name_argument(call)
        {
            self.errors.push(error);
        }
        if let Err(error) = checks::sleep(call) {
            self.errors.push(error);
        }
        if let Some(inline) = Inline::of(call)
            && may_be_ours(call, &self.seen.names)
        {
            return Some(self.visit_inline(inline, call));
        }
        self.visit_at(Position::InPlace, &mut call.func);
        for arg in &mut call.args {
            self.visit_at(Position::Argument, arg);
        }
        if position == Position::Awaited {
            // `random().await` is an operation that happens to have this name.
            return None;
        }
        self.value_site(call)
    }

    fn visit_inline(&mut self, inline: &Inline, call: &mut ExprCall) -> Expr {
        let items = call.args.first().map(warnings::root);
        for arg in &mut call.args {
            if inline.is_workflow || !matches!(arg, Expr::Closure(_)) {
                self.visit_at(Position::Argument, arg);
            }
        }
        if inline.function == "map"
            && !self.editor
            && let Some((first, items)) = call.args.first_mut().zip(items)
        {
            *first = warnings::ordered(items, first);
        }
        if takes_index(inline, call) {
            // A closure's arguments have no type unless the function that takes it says how many there are.
            call.func = parse_quote_spanned!(span_of(&call.func)=> __dw::map_indexed);
        }
        if self.editor {
            let resolve = Ident::new(inline.resolve, Span::call_site());
            return Expr::Verbatim(quote!(__dw::#resolve!(#call)));
        }
        let span = span_of(call);
        let resolve = Ident::new(inline.resolve, span);
        let resolved = quote_spanned!(span=> __dw::#resolve!(#call));
        Expr::Verbatim(stretch(resolved, call))
    }

    fn value_site(&mut self, call: &ExprCall) -> Option<Expr> {
        let Expr::Path(path) = &*call.func else {
            return None;
        };
        let name = tokens::last_segment(&path.path);
        if !VALUES.contains(&&*name) || !tokens::is_ours(&path.path) || !call.args.is_empty() {
            return None;
        }
        let key = match self.claim_id() {
            Some(claim) => Key::new(claim?),
            None => Key::new(name),
        };
        let facts = Facts::of_kind(RecordKind::Value, &tokens::last_segment(&path.path));
        let index = self.add(key, Kind::Value, facts, call);
        self.draw(index, Vec::new());
        if self.editor {
            return None;
        }
        let site = self.site(index);
        Some(Expr::Verbatim(quote! {
            __dw::value_site(#site, || #call)
        }))
    }
}

/// Whether this call makes an operation of closures, or the `branch(|| ..)` of a `parallel`.
pub(crate) fn takes_closures(call: &ExprCall, names: &Names) -> bool {
    let is_branch = call.args.len() == 1 && key::callee(call).is_some_and(|name| name == "branch");
    (is_branch || Inline::of(call).is_some()) && may_be_ours(call, names)
}

/// A user's own function of this name is none of ours.
fn may_be_ours(call: &ExprCall, names: &Names) -> bool {
    matches!(&*call.func, Expr::Path(found) if names.may_be_ours(&found.path))
}

/// Whether closures that this call takes are bodies that run once and are recorded: nothing in them is replayed.
pub(crate) fn takes_bodies(call: &ExprCall, names: &Names) -> bool {
    Inline::of(call).is_some_and(|inline| !inline.is_workflow) && may_be_ours(call, names)
}

/// Whether this is `map(items, |item, index| ..)`.
fn takes_index(inline: &Inline, call: &ExprCall) -> bool {
    let own = matches!(&*call.func, Expr::Path(found)
        if found.path.segments.len() == 1 || tokens::is_ours(&found.path));
    inline.function == "map"
        && own
        && matches!(call.args.last(), Some(Expr::Closure(closure)) if closure.inputs.len() == 2)
}
