//! What a workflow holds while it waits, and loses when it is suspended (DW024).

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprAsync, ExprAwait, ExprClosure, ExprMethodCall, Item, Local, Macro,
    Pat, Path, Stmt, UnOp,
};

use super::combinator::Combinator;
use super::tokens;
use crate::rules::Seen;
use crate::rules::names::Meaning;

/// A statement that warns, and the number of the one that it goes in front of.
type Warning = (usize, Stmt);

/// What holds a file or a temporary directory: the ends of full paths, by crate.
const OPENED: &[(&str, &[&str])] = &[
    ("std", &["File", "open"]),
    ("std", &["File", "create"]),
    ("std", &["File", "create_new"]),
    ("tempfile", &["tempdir"]),
    ("tempfile", &["tempdir_in"]),
    ("tempfile", &["tempfile"]),
    ("tempfile", &["tempfile_in"]),
    ("tempfile", &["TempDir", "new"]),
    ("tempfile", &["TempDir", "new_in"]),
    ("tempfile", &["TempDir", "with_prefix"]),
    ("tempfile", &["NamedTempFile", "new"]),
    ("tempfile", &["NamedTempFile", "new_in"]),
];

/// What describes a file or a temporary directory until a method makes it.
const DESCRIBED: &[(&str, &[&str])] = &[
    ("std", &["File", "options"]),
    ("std", &["OpenOptions", "new"]),
    ("tempfile", &["Builder", "new"]),
];
const MAKING: &[&str] = &["open", "tempdir", "tempdir_in", "tempfile", "tempfile_in"];

/// Methods that give a guard without waiting for it. What waits (`lock().await`) is no durable operation, so it is DW001; what
/// blocks the thread is a guard of `std`, which is not `Send`.
const LOCKING: &[&str] = &[
    "try_lock",
    "try_lock_owned",
    "blocking_lock",
    "blocking_lock_owned",
    "try_read",
    "try_read_owned",
    "blocking_read",
    "try_write",
    "try_write_owned",
    "blocking_write",
    "try_acquire",
    "try_acquire_owned",
];

/// Methods that take a guard out of a `Result` or `Option`, or leave it in one.
const UNWRAPPING: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or_else",
    "ok",
    "ok_or",
    "ok_or_else",
    "map_err",
    "context",
    "with_context",
];

/// Methods of files and temporary directories that use them up.
const ENDING: &[&str] = &["close", "forget", "keep", "persist", "persist_noclobber"];

/// The warnings about a block, as it was written.
pub(super) fn kept(block: &Block, seen: &Seen) -> Vec<Warning> {
    let guards = block.stmts.iter().enumerate();
    guards
        .filter_map(|(number, stmt)| {
            let Stmt::Local(local) = stmt else {
                return None;
            };
            let name = bound(&local.pat)?;
            let guard = Guard::of(&local.init.as_ref()?.expr, seen)?;
            let later = block.stmts.get(number + 1..)?;
            is_held_across(name, later).then(|| (number, guard.warning(local, name.span())))
        })
        .collect()
}

/// Puts them where they belong.
pub(super) fn warn(block: &mut Block, warnings: Vec<Warning>) {
    for (number, stmt) in warnings.into_iter().rev() {
        block.stmts.insert(number, stmt);
    }
}

/// The one name that a pattern binds: `guard`, `Ok(guard)`, `Some(guard)`.
fn bound(pat: &Pat) -> Option<&Ident> {
    match pat {
        // `None` is no name for what is matched.
        Pat::Ident(pat) if pat.subpat.is_none() && pat.ident != "None" => Some(&pat.ident),
        Pat::Type(pat) => bound(&pat.pat),
        Pat::TupleStruct(pat) => {
            let name = tokens::last_segment(&pat.path);
            let holds = name == "Ok" || name == "Some";
            bound(pat.elems.first().filter(|_| holds)?)
        }
        _ => None,
    }
}

enum Guard<'a> {
    /// A file or a temporary directory: its name says so.
    Opened,
    /// If this is a lock: the compiler knows its type.
    Locked(&'a Expr),
}

impl<'a> Guard<'a> {
    fn of(init: &'a Expr, seen: &Seen) -> Option<Self> {
        match init {
            Expr::Paren(inner) => Self::of(&inner.expr, seen),
            Expr::Group(inner) => Self::of(&inner.expr, seen),
            Expr::Try(inner) => Self::of(&inner.expr, seen),
            Expr::Call(call) => is_one(&call.func, OPENED, seen).then_some(Self::Opened),
            Expr::MethodCall(call) => {
                let method = &*call.method.unraw().to_string();
                if UNWRAPPING.contains(&method) {
                    Self::of(&call.receiver, seen)
                } else if LOCKING.contains(&method) {
                    let is_plain = call.args.is_empty() && is_place(&call.receiver);
                    is_plain.then_some(Self::Locked(&call.receiver))
                } else {
                    let makes = MAKING.contains(&method) && is_described(&call.receiver, seen);
                    makes.then_some(Self::Opened)
                }
            }
            _ => None,
        }
    }

    fn warning(&self, local: &Local, at: Span) -> Stmt {
        let here = Span::mixed_site();
        let attrs = local.attrs.iter().filter(|attr| concerns_warning(attr));
        let warning: TokenStream = match self {
            Self::Opened => {
                let item = Ident::new("open_file", at);
                quote_spanned!(here=> #(#attrs)* const _: () = ::durable_runtime::warning::#item();)
            }
            // It never runs, and it is about the lock: the type of what is taken may be settled further down, and a question about it
            // here could settle it wrongly.
            Self::Locked(lock) => {
                let method = Ident::new("guard", at);
                quote_spanned! {here=>
                    #(#attrs)*
                    if false {
                        ::durable_runtime::warning::locked(&#lock, |lock| lock.#method());
                    }
                }
            }
        };
        Stmt::Expr(Expr::Verbatim(warning), None)
    }
}

/// Whether an attribute decides about a warning beside its statement, too.
fn concerns_warning(attr: &Attribute) -> bool {
    ["cfg", "allow"]
        .iter()
        .any(|name| attr.path().is_ident(name))
}

/// Whether an expression can be written twice: nothing is moved or left by it.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(inner) => is_place(&inner.base),
        Expr::Paren(inner) => is_place(&inner.expr),
        Expr::Group(inner) => is_place(&inner.expr),
        Expr::Reference(inner) => inner.mutability.is_none() && is_place(&inner.expr),
        Expr::Unary(inner) => matches!(inner.op, UnOp::Deref(_)) && is_place(&inner.expr),
        // An owned guard takes a lock's `Arc`.
        Expr::MethodCall(call) => {
            call.method == "clone" && call.args.is_empty() && is_place(&call.receiver)
        }
        _ => false,
    }
}

/// Whether a chain of methods starts from a description.
fn is_described(expr: &Expr, seen: &Seen) -> bool {
    match expr {
        Expr::MethodCall(call) => is_described(&call.receiver, seen),
        Expr::Call(call) => is_one(&call.func, DESCRIBED, seen),
        _ => false,
    }
}

fn is_one(function: &Expr, wanted: &[(&str, &[&str])], seen: &Seen) -> bool {
    let Expr::Path(found) = function else {
        return false;
    };
    match seen.names.resolve(&found.path) {
        Meaning::Own => false,
        Meaning::Absolute(full) => full.iter().any(|full| {
            full.split_first().is_some_and(|(root, rest)| {
                let mut wanted = wanted.iter();
                wanted.any(|(krate, end)| root == krate && ends_with(rest, end))
            })
        }),
        // Of types only these are called so.
        Meaning::Unknown(names) => {
            matches!(
                names.first().map(String::as_str),
                Some("TempDir" | "NamedTempFile")
            ) && wanted.iter().any(|(_, end)| names == *end)
        }
    }
}

fn ends_with(path: &[String], end: &[&str]) -> bool {
    path.len() >= end.len() && path.iter().rev().zip(end.iter().rev()).all(|(a, b)| a == b)
}

/// Whether statements come to an operation before they let go of what `name` holds.
fn is_held_across(name: &Ident, stmts: &[Stmt]) -> bool {
    let mut fate = Fate { name, held: None };
    stmts.iter().for_each(|stmt| fate.visit_stmt(stmt));
    fate.held == Some(true)
}

/// Looks for what happens first, an operation or the end of a value, in the order of the text. Where the value may have ended, it has:
/// silence is better than a false warning.
struct Fate<'a> {
    name: &'a Ident,
    held: Option<bool>,
}

impl Fate<'_> {
    fn operation(&mut self) {
        self.held.get_or_insert(true);
    }

    fn let_go(&mut self) {
        self.held.get_or_insert(false);
    }

    fn is_it(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Path(found) if is_name(&found.path, self.name))
    }

    /// Visits what is only looked at, and not moved.
    fn looked_at(&mut self, expr: &Expr) {
        if !self.is_it(expr) {
            self.visit_expr(expr);
        }
    }
}

impl Visit<'_> for Fate<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            // Dropped, passed on, returned: somebody else's now.
            _ if self.is_it(expr) => self.let_go(),
            Expr::Reference(inner) => self.looked_at(&inner.expr),
            Expr::Unary(inner) => self.looked_at(&inner.expr),
            Expr::Field(inner) => self.looked_at(&inner.base),
            Expr::Index(inner) => {
                self.looked_at(&inner.expr);
                self.visit_expr(&inner.index);
            }
            Expr::Binary(inner) => {
                self.looked_at(&inner.left);
                self.looked_at(&inner.right);
            }
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        if self.is_it(&call.receiver) {
            let method = &*call.method.unraw().to_string();
            let ends = ENDING.contains(&method) || UNWRAPPING.contains(&method);
            if ends || method.starts_with("into_") {
                self.let_go();
            }
        } else {
            self.visit_expr(&call.receiver);
        }
        call.args.iter().for_each(|arg| self.visit_expr(arg));
    }

    fn visit_expr_await(&mut self, found: &ExprAwait) {
        self.visit_expr(&found.base);
        self.operation();
    }

    fn visit_macro(&mut self, found: &Macro) {
        if Combinator::of(&found.path).is_some() || tokens::has_await(&found.tokens) {
            self.operation();
        }
    }

    // These run when somebody waits for them.
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_item(&mut self, _: &Item) {}
}

fn is_name(path: &Path, name: &Ident) -> bool {
    path.is_ident(name)
}
