//! A combinator that is being typed, for an editor.

use proc_macro2::{Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Expr;
use syn::parse::{ParseStream, Parser as _};

use super::combinator::Branch;

/// The branches in tokens that are no list of branches yet.
///
/// rust-analyzer completes statements before a macro sees them, but not what is in a macro's parentheses. A dot that ends something gets a name behind it;
/// a branch that does not parse even then keeps its tokens.
pub(super) fn branches(tokens: &TokenStream) -> Vec<Branch> {
    let mut pieces = vec![TokenStream::new()];
    for tree in named(tokens.clone()) {
        let ends = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ',');
        match pieces.last_mut() {
            Some(last) if !ends => last.extend([tree]),
            _ => pieces.push(TokenStream::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    let parser = |input: ParseStream<'_>| {
        let label = Branch::label(input)?;
        let rest: TokenStream = input.parse()?;
        let expr = syn::parse2(rest.clone()).unwrap_or(Expr::Verbatim(rest));
        Ok(Branch { label, expr })
    };
    let branches = pieces.into_iter().map(|piece| parser.parse2(piece));
    branches.filter_map(Result::ok).collect()
}

/// `tokens` with a name behind each dot that ends them, a list's element, a statement, or what stands in a bracket.
fn named(tokens: TokenStream) -> TokenStream {
    let mut found = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    // `..` and `..=` are no dots.
    let mut in_range = false;
    while let Some(tree) = trees.next() {
        let mut name = None;
        match tree {
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), named(group.stream()));
                inner.set_span(group.span());
                inner.to_tokens(&mut found);
                in_range = false;
            }
            TokenTree::Punct(dot) if dot.as_char() == '.' => {
                let starts_range = dot.spacing() == Spacing::Joint
                    && matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '.');
                let ends = match trees.peek() {
                    None => true,
                    Some(TokenTree::Punct(next)) => matches!(next.as_char(), ',' | ';' | '?'),
                    Some(_) => false,
                };
                if ends && !in_range {
                    let span = Span::mixed_site().located_at(dot.span());
                    name = Some(Ident::new("__dw_unfinished", span));
                }
                in_range = starts_range;
                dot.to_tokens(&mut found);
            }
            other => {
                in_range = false;
                other.to_tokens(&mut found);
            }
        }
        name.to_tokens(&mut found);
    }
    found
}
