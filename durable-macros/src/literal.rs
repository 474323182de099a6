//! The values that options and names may have, checked against the service's range.

use std::time::Duration;

use syn::{Expr, Lit, LitStr};

use crate::diag::{Rule, error};

/// The longest name the service takes, in bytes.
const NAME_LIMIT: usize = 256;
/// The longest wait the service takes.
const LONGEST_WAIT: Duration = Duration::from_hours(366 * 24);

/// The text of a name, or DW023 when the service would refuse it.
pub(crate) fn name(literal: &LitStr) -> syn::Result<String> {
    let text = literal.value();
    match name_problem(&text) {
        None => Ok(text),
        Some(problem) => Err(error(
            literal,
            Rule::Range,
            format!("the name {text:?} {problem}"),
            "a name has 1 to 256 printable ASCII characters",
        )),
    }
}

/// Why the service would refuse `text` as a name.
pub(crate) fn name_problem(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("is empty")
    } else if text.len() > NAME_LIMIT {
        Some("is too long")
    } else if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        Some("is not printable ASCII")
    } else {
        None
    }
}

/// A duration written for people (`"30s"`, `"1h 30m"`), within the service's range.
pub(crate) fn duration(literal: &LitStr) -> syn::Result<Duration> {
    let text = literal.value();
    let duration = humantime::parse_duration(&text).map_err(|cause| {
        error(
            literal,
            Rule::Range,
            format!("{text:?} is not a duration: {cause}"),
            "write a number and a unit, such as \"30s\", \"5m\" or \"1h 30m\"",
        )
    })?;
    match duration_problem(duration) {
        None => Ok(duration),
        Some(problem) => Err(error(
            literal,
            Rule::Range,
            format!("the duration {text:?} is {problem}"),
            DURATION_RANGE,
        )),
    }
}

/// What a duration has to be, as a sentence of help.
pub(crate) const DURATION_RANGE: &str = "the service takes more than zero and at most 366 days";

/// Why the service would refuse `duration`.
pub(crate) fn duration_problem(duration: Duration) -> Option<&'static str> {
    if duration.is_zero() {
        Some("zero")
    } else if duration > LONGEST_WAIT {
        Some("longer than 366 days")
    } else {
        None
    }
}

/// The string literal that `expr` is, seen through the groups a macro leaves behind.
pub(crate) fn as_str_literal(expr: &Expr) -> Option<&LitStr> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text),
            _ => None,
        },
        Expr::Group(group) => as_str_literal(&group.expr),
        Expr::Paren(paren) => as_str_literal(&paren.expr),
        _ => None,
    }
}
