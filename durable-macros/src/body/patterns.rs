//! `match race!(a => ..) { a(x) => .. }`: a race's labels as patterns.

use quote::quote_spanned;
use syn::{Expr, Ident, Pat, Path};

use super::combinator::{self, Combinator};
use super::unparenthesized;

/// The labels of the race whose winner a pattern is matched against.
pub(super) struct Labels {
    labels: Vec<Option<Ident>>,
}

impl Labels {
    /// The labels of `scrutinee`, if it is a race that has some.
    pub(super) fn of(scrutinee: &Expr) -> Option<Self> {
        let Expr::Macro(found) = unparenthesized(scrutinee) else {
            return None;
        };
        if Combinator::of(&found.mac.path) != Some(Combinator::Race) {
            return None;
        }
        // A race that does not parse is reported where it is rewritten.
        let branches = combinator::branches(&found.mac).ok()?;
        let labels: Vec<_> = branches.into_iter().map(|branch| branch.label).collect();
        labels
            .iter()
            .any(Option::is_some)
            .then_some(Self { labels })
    }

    /// Turns each label in `pat` into the variant it stands for.
    pub(super) fn rewrite(&self, pat: &mut Pat) {
        match pat {
            Pat::Or(or) => or.cases.iter_mut().for_each(|case| self.rewrite(case)),
            Pat::Paren(paren) => self.rewrite(&mut paren.pat),
            Pat::Guard(guard) => self.rewrite(&mut guard.pat),
            Pat::Reference(reference) => self.rewrite(&mut reference.pat),
            Pat::TupleStruct(found) => {
                if let Some(variant) = found.path.get_ident().and_then(|name| self.variant(name)) {
                    found.path = variant;
                }
            }
            Pat::Ident(found) => {
                if let Some((_, inner)) = &mut found.subpat {
                    self.rewrite(inner);
                } else if found.by_ref.is_none()
                    && found.mutability.is_none()
                    && let Some(variant) = self.variant(&found.ident)
                {
                    // A bare label would bind any winner to a variable of its name.
                    let span = found.ident.span();
                    *pat = Pat::Verbatim(quote_spanned!(span=> #variant(..)));
                }
            }
            _ => {}
        }
    }

    fn variant(&self, name: &Ident) -> Option<Path> {
        let number = self
            .labels
            .iter()
            .position(|label| label.as_ref() == Some(name))?;
        let variant = combinator::variant(self.labels.len(), number)?;
        let located = respan(variant, name);
        syn::parse2(located).ok()
    }
}

/// The compiler reports about a pattern where the user wrote its label.
fn respan(tokens: proc_macro2::TokenStream, at: &Ident) -> proc_macro2::TokenStream {
    tokens
        .into_iter()
        .map(|mut tree| {
            tree.set_span(at.span());
            tree
        })
        .collect()
}
