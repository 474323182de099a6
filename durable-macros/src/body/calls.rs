//! Calls that the rewriter knows: inline steps, value functions, and sleeps with a literal.

use std::time::Duration;

use quote::{quote, quote_spanned};
use syn::{Expr, ExprCall, Ident, Lit};

use super::{Position, Rewriter, tokens};
use crate::diag::{Rule, error};
use crate::input::{span_of, stretch};
use crate::key::{self, Key};
use crate::literal;
use crate::sites::Kind;

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
        if let Err(error) = check_sleep(call) {
            self.errors.push(error);
        }
        if let Some(inline) = Inline::of(call) {
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
        for arg in &mut call.args {
            if inline.is_workflow || !matches!(arg, Expr::Closure(_)) {
                self.visit_at(Position::Argument, arg);
            }
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
        let index = self.add(key, Kind::Value, call);
        let site = self.site(index);
        Some(Expr::Verbatim(quote! {
            __dw::value_site(#site, || #call)
        }))
    }
}

/// DW023 for a sleep whose literal duration the service would refuse.
fn check_sleep(call: &ExprCall) -> syn::Result<()> {
    let Expr::Path(path) = &*call.func else {
        return Ok(());
    };
    if tokens::last_segment(&path.path) != "sleep" || !tokens::is_ours(&path.path) {
        return Ok(());
    }
    let Some(arg) = call.args.first() else {
        return Ok(());
    };
    match literal_duration(arg).and_then(literal::duration_problem) {
        None => Ok(()),
        Some(problem) => Err(error(
            arg,
            Rule::Range,
            format!("this sleep is {problem}"),
            literal::DURATION_RANGE,
        )),
    }
}

/// The value of `Duration::from_secs(30)`, `Duration::ZERO` and the like.
fn literal_duration(expr: &Expr) -> Option<Duration> {
    match expr {
        Expr::Path(path) => (duration_item(&path.path)? == "ZERO").then_some(Duration::ZERO),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return None;
            };
            let amount = match call.args.first()? {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Int(number) => number.base10_parse::<u64>().ok()?,
                    _ => return None,
                },
                _ => return None,
            };
            let seconds = |unit: u64| Some(Duration::from_secs(amount.saturating_mul(unit)));
            match &*duration_item(&path.path)? {
                "from_nanos" => Some(Duration::from_nanos(amount)),
                "from_micros" => Some(Duration::from_micros(amount)),
                "from_millis" => Some(Duration::from_millis(amount)),
                "from_secs" => seconds(1),
                "from_mins" => seconds(60),
                "from_hours" => seconds(3_600),
                "from_days" => seconds(86_400),
                "from_weeks" => seconds(604_800),
                _ => None,
            }
        }
        _ => None,
    }
}

fn duration_item(path: &syn::Path) -> Option<String> {
    let mut segments = path.segments.iter().rev();
    let item = segments.next()?;
    (segments.next()?.ident == "Duration").then(|| item.ident.to_string())
}
