//! Tokens as a person would have written them.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// A piece of the source on one line.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut out = String::new();
    write(tokens.to_token_stream(), &mut out);
    out
}

fn write(tokens: TokenStream, out: &mut String) {
    let mut before: Option<TokenTree> = None;
    let mut is_prefix = true;
    for tree in tokens {
        if let Some(before) = &before
            && has_space(before, &tree, is_prefix)
        {
            out.push(' ');
        }
        is_prefix = match (&before, &tree) {
            // `&x` and `*x`, where no value is in front; `a & b` otherwise.
            (Some(TokenTree::Punct(first)), TokenTree::Punct(_)) => match first.spacing() {
                Spacing::Joint => is_prefix,
                Spacing::Alone => first.as_char() != '?',
            },
            (Some(TokenTree::Ident(word)), TokenTree::Punct(_)) => is_keyword(&word.to_string()),
            (None, TokenTree::Punct(_)) => true,
            _ => false,
        };
        match &tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                write(group.stream(), out);
                out.push_str(close);
            }
            other => out.push_str(&other.to_string()),
        }
        before = Some(tree);
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "in" | "if" | "let" | "match" | "return" | "move" | "mut" | "ref" | "as" | "else"
    )
}

/// Whether a space stands between two trees. `is_prefix`: the first is a sign in front of a value.
fn has_space(before: &TokenTree, tree: &TokenTree, is_prefix: bool) -> bool {
    match (before, tree) {
        (TokenTree::Punct(punct), TokenTree::Punct(_)) if punct.spacing() == Spacing::Joint => {
            false
        }
        (TokenTree::Punct(punct), _) => match punct.as_char() {
            '.' | '\'' => false,
            // A type's colon and the second one of a path are told apart by nothing here; paths are what there is more of.
            ':' => false,
            '!' => false,
            '&' | '*' | '-' => !is_prefix,
            '?' => matches!(tree, TokenTree::Ident(_) | TokenTree::Literal(_)),
            _ => true,
        },
        (_, TokenTree::Punct(punct)) => match punct.as_char() {
            '.' => matches!(before, TokenTree::Ident(word) if is_keyword(&word.to_string())),
            ',' | ';' | ':' | '?' => false,
            '!' => is_operator(punct.spacing()),
            _ => true,
        },
        (TokenTree::Ident(word), TokenTree::Group(group)) => {
            group.delimiter() == Delimiter::Brace
                || is_keyword(&word.to_string())
                || group.delimiter() == Delimiter::None
        }
        (TokenTree::Group(_), TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        _ => true,
    }
}

/// `!=`, and not a macro's `!`.
fn is_operator(spacing: Spacing) -> bool {
    spacing == Spacing::Joint
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn tokens_read_as_they_were_written() {
        for written in [
            "order.is_vip()",
            "Some(line) = lines.next()",
            "for line in &order.lines",
            "Duration::from_hours(24)",
            "a.b(&c, *d) && !e",
            "x != 3 || y <= 4",
            "match race!(a, b)",
            "quotes[0].price > 3 * limit",
            "\"text\".len() == 4",
            "while attempts < 3",
            "0..10",
        ] {
            let tokens: proc_macro2::TokenStream = written.parse().unwrap();
            assert_eq!(text(tokens), written);
        }
    }
}
