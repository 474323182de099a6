//! Macros of others: looks into those that hold a list of expressions.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, LitStr, Macro, Token, token};

use super::combinator::Combinator;
use super::{Position, Rewriter, line_of, tokens};
use crate::diag::Rule;
use crate::input::span_of;

/// How a known macro treats its expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// It evaluates them where they stand.
    InPlace,
    /// It may skip them (a log level that is off, a release build), or it holds references that
    /// can't cross an await. What is awaited is awaited in front of it, always.
    Hoisted,
    /// Only the first is an expression, the rest is a pattern.
    FirstOnly,
}

impl Treatment {
    fn of(name: &str) -> Option<Self> {
        match name {
            "vec" | "assert" | "assert_eq" | "assert_ne" | "format_args" | "dbg" | "ensure" => {
                Some(Self::InPlace)
            }
            "matches" => Some(Self::FirstOnly),
            "print" | "println" | "eprint" | "eprintln" | "format" | "write" | "writeln"
            | "panic" | "todo" | "unimplemented" | "unreachable" | "bail" | "anyhow"
            | "debug_assert" | "debug_assert_eq" | "debug_assert_ne" | "trace" | "debug"
            | "info" | "warn" | "error" | "log" | "event" | "span" | "trace_span"
            | "debug_span" | "info_span" | "warn_span" | "error_span" => Some(Self::Hoisted),
            _ => None,
        }
    }
}

/// What a list of expressions consists of.
enum Piece {
    /// Names, sigils and separators.
    Raw(TokenStream),
    Expr(Expr),
    /// `{ field = expr, .. }`, the fields of an event.
    Fields(Group, Vec<Piece>),
}

impl Rewriter<'_> {
    /// Visits a macro call, and returns what takes its place if anything does.
    pub(super) fn visit_macro(&mut self, mac: &mut Macro) -> Option<Expr> {
        if self.seen.is_refused(mac) {
            return None;
        }
        if let Some(kind) = Combinator::of(&mac.path) {
            return self.visit_combinator(kind, mac);
        }
        let name = tokens::last_segment(&mac.path);
        if name == "bail" {
            self.skeleton.end("bail!", line_of(&mac.path));
        }
        if !tokens::may_hold_sites(&mac.tokens) {
            return None;
        }
        let shown = tokens::shown(&mac.path);
        let pieces = Treatment::of(&name).and_then(|treatment| {
            let pieces = parse(treatment, mac.tokens.clone())?;
            Some((treatment, pieces))
        });
        let Some((treatment, mut pieces)) = pieces else {
            // What an editor asks about may be half-typed, and is whole when it is compiled.
            if !self.editor && tokens::has_await(&mac.tokens) {
                self.errors.report(
                    &*mac,
                    Rule::OpaqueMacro,
                    format!("`{shown}!` can't be looked into, and it holds `.await`"),
                    way_out(&name),
                );
            }
            return None;
        };
        let mut hoisted = Vec::new();
        self.visit_pieces(treatment, &mut pieces, &mut hoisted);
        mac.tokens = pieces.iter().map(ToTokens::to_token_stream).collect();
        if hoisted.is_empty() {
            return None;
        }
        // A `match`, not a `let`: what the awaited expressions borrow lives until its end.
        let (names, values): (Vec<_>, Vec<_>) = hoisted.into_iter().unzip();
        let span = span_of(&mac.path);
        Some(Expr::Verbatim(quote_spanned! {span=>
            match (#(#values,)*) { (#(#names,)*) => #mac }
        }))
    }

    fn visit_pieces(
        &mut self,
        treatment: Treatment,
        pieces: &mut [Piece],
        hoisted: &mut Vec<(Ident, Expr)>,
    ) {
        for piece in pieces {
            match piece {
                Piece::Raw(_) => {}
                Piece::Fields(_, inner) => self.visit_pieces(treatment, inner, hoisted),
                Piece::Expr(expr) => {
                    if !tokens::may_hold_sites(&expr.to_token_stream()) {
                        continue;
                    }
                    self.visit_at(Position::Loose, expr);
                    // In an editor nothing is awaited twice, or not at all: nothing runs.
                    if treatment == Treatment::Hoisted && !self.editor {
                        let name = format_ident!(
                            "__dw_value{}",
                            hoisted.len(),
                            span = Span::mixed_site().located_at(span_of(expr))
                        );
                        let value = Expr::Verbatim(name.to_token_stream());
                        hoisted.push((name, std::mem::replace(expr, value)));
                    }
                }
            }
        }
    }
}

/// The expressions in a macro that is known to hold a list of them; none where it is another.
pub(crate) fn expressions(mac: &Macro) -> Vec<Expr> {
    fn of(pieces: Vec<Piece>) -> Vec<Expr> {
        let each = pieces.into_iter().flat_map(|piece| match piece {
            Piece::Raw(_) => Vec::new(),
            Piece::Expr(expr) => vec![expr],
            Piece::Fields(_, inner) => of(inner),
        });
        each.collect()
    }
    let treatment = Treatment::of(&tokens::last_segment(&mac.path));
    let pieces = treatment.and_then(|treatment| parse(treatment, mac.tokens.clone()));
    of(pieces.unwrap_or_default())
}

/// What to write instead of a macro that can't be looked into.
fn way_out(name: &str) -> &'static str {
    match name {
        "join" => "use `durable_runtime::join!`",
        "try_join" => "use `durable_runtime::try_join!`",
        "select" | "select_biased" => "use `durable_runtime::race!`",
        _ => "bind the value first: `let value = ..await;`",
    }
}

impl ToTokens for Piece {
    fn to_tokens(&self, out: &mut TokenStream) {
        match self {
            Self::Raw(tokens) => tokens.to_tokens(out),
            Self::Expr(expr) => expr.to_tokens(out),
            Self::Fields(group, inner) => {
                let mut rebuilt = Group::new(Delimiter::Brace, quote!(#(#inner)*));
                rebuilt.set_span(group.span());
                rebuilt.to_tokens(out);
            }
        }
    }
}

/// The pieces of a known macro's tokens; `None` when they are something else, or when an await
/// remains in what is not an expression.
fn parse(treatment: Treatment, tokens: TokenStream) -> Option<Vec<Piece>> {
    let parser = |input: ParseStream<'_>| match treatment {
        Treatment::FirstOnly => {
            let first = Piece::Expr(input.parse()?);
            Ok(vec![first, Piece::Raw(input.parse()?)])
        }
        Treatment::InPlace | Treatment::Hoisted => list(input),
    };
    let pieces = parser.parse2(tokens).ok()?;
    let hidden = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Raw(tokens) if tokens::has_await(tokens)));
    (!hidden).then_some(pieces)
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    while !input.is_empty() {
        pieces.extend(item(input)?);
        if input.is_empty() {
            break;
        }
        let separator: TokenTree = input.parse()?;
        match &separator {
            // `;` stands in `vec![x; n]`, and behind the fields of a `log` record.
            TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';') => {
                pieces.push(Piece::Raw(separator.into()));
            }
            other => return Err(syn::Error::new(other.span(), "expected `,`")),
        }
    }
    Ok(pieces)
}

fn item(input: ParseStream<'_>) -> syn::Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    if let Some(fields) = fields(input)? {
        return Ok(vec![fields]);
    }
    if let Some(name) = name(input) {
        pieces.push(Piece::Raw(name));
    }
    if input.peek(Token![%]) || input.peek(Token![?]) {
        let sigil: TokenTree = input.parse()?;
        pieces.push(Piece::Raw(sigil.into()));
    }
    pieces.push(Piece::Expr(input.parse()?));
    Ok(pieces)
}

/// A group of fields, where a block that is an expression could stand as well.
fn fields(input: ParseStream<'_>) -> syn::Result<Option<Piece>> {
    if !input.peek(token::Brace) {
        return Ok(None);
    }
    let ahead = input.fork();
    let TokenTree::Group(group) = ahead.parse::<TokenTree>()? else {
        return Ok(None);
    };
    match list.parse2(group.stream()) {
        Ok(inner) => {
            input.advance_to(&ahead);
            Ok(Some(Piece::Fields(group, inner)))
        }
        Err(_) => Ok(None),
    }
}

/// What stands before an expression: `name =`, `a.b =`, `"name" =`, `target:`, `key:? =`.
fn name(input: ParseStream<'_>) -> Option<TokenStream> {
    let ahead = input.fork();
    let mut tokens = TokenStream::new();
    if ahead.peek(LitStr) {
        ahead.parse::<LitStr>().ok()?.to_tokens(&mut tokens);
    } else {
        ahead.call(Ident::parse_any).ok()?.to_tokens(&mut tokens);
        while ahead.peek(Token![.]) {
            ahead.parse::<Token![.]>().ok()?.to_tokens(&mut tokens);
            ahead.call(Ident::parse_any).ok()?.to_tokens(&mut tokens);
        }
    }
    if ahead.peek(Token![:]) && !ahead.peek(Token![::]) {
        ahead.parse::<Token![:]>().ok()?.to_tokens(&mut tokens);
        let conversion = ahead.fork();
        match conversion.parse::<TokenTree>() {
            Ok(tree) if conversion.peek(Token![=]) && !conversion.peek(Token![==]) => {
                tree.to_tokens(&mut tokens);
                ahead.advance_to(&conversion);
            }
            _ => {
                input.advance_to(&ahead);
                return Some(tokens);
            }
        }
    }
    if !ahead.peek(Token![=]) || ahead.peek(Token![==]) || ahead.peek(Token![=>]) {
        return None;
    }
    ahead.parse::<Token![=]>().ok()?.to_tokens(&mut tokens);
    input.advance_to(&ahead);
    Some(tokens)
}
