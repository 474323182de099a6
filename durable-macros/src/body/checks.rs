//! What is wrong with a call can often be seen in its text: durations out of range, a poll that never ends.

use std::time::Duration;

use syn::{Expr, ExprCall, ExprMethodCall, Lit};

use super::tokens;
use crate::diag::{Rule, error};
use crate::literal;

/// The longest timeout of a callback that the service takes.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(99_999_999);

/// Whether `call` is one of these functions of ours.
fn calls(call: &ExprCall, names: &[&str]) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    names.contains(&&*tokens::last_segment(&path.path)) && tokens::is_ours(&path.path)
}

/// The call that a chain of methods starts from, and the methods, the last one first.
fn chain(expr: &Expr) -> Option<(&ExprCall, Vec<&ExprMethodCall>)> {
    let mut methods = Vec::new();
    let mut at = expr;
    loop {
        at = match at {
            Expr::MethodCall(method) => {
                methods.push(method);
                &method.receiver
            }
            Expr::Paren(inner) => &inner.expr,
            Expr::Group(inner) => &inner.expr,
            Expr::Call(call) => return Some((call, methods)),
            _ => return None,
        };
    }
}

/// DW027 for a poll that is awaited and never told when it is done.
pub(super) fn poll(awaited: &Expr) -> syn::Result<()> {
    match chain(awaited) {
        Some((call, methods))
            if calls(call, &["poll_until"])
                && matches!(call.args.last(), Some(Expr::Closure(_)))
                && !methods.iter().any(|method| method.method == "until") =>
        {
            Err(error(
                &call.func,
                Rule::Options,
                "this poll doesn't say when it is done",
                "add `.until(|state| ..)`",
            ))
        }
        _ => Ok(()),
    }
}

/// DW023 for a callback's literal timeout that the service would refuse, or a heartbeat timeout that can't pass first.
pub(super) fn timeout(method: &ExprMethodCall) -> syn::Result<()> {
    let is_heartbeat = method.method == "heartbeat_timeout";
    if !is_heartbeat && method.method != "timeout" {
        return Ok(());
    }
    let Some((call, earlier)) = chain(&method.receiver) else {
        return Ok(());
    };
    let Some(duration) = method.args.first().and_then(literal_duration) else {
        return Ok(());
    };
    if !calls(call, &["create_callback", "wait_for_callback"]) {
        return Ok(());
    }
    let problem = match duration {
        Duration::ZERO => Some("zero"),
        duration if duration > LONGEST_TIMEOUT => Some("longer than 99,999,999 s"),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(error(
            &method.args,
            Rule::Range,
            format!("this timeout is {problem}"),
            "the service takes more than zero and at most 99,999,999 s; leave it out for none",
        ));
    }
    let other = if is_heartbeat {
        "timeout"
    } else {
        "heartbeat_timeout"
    };
    let other = earlier
        .iter()
        .find(|method| method.method == other)
        .and_then(|method| method.args.first())
        .and_then(literal_duration);
    let (timeout, heartbeat) = match other {
        Some(other) if is_heartbeat => (other, duration),
        Some(other) => (duration, other),
        None => return Ok(()),
    };
    if heartbeat < timeout {
        return Ok(());
    }
    Err(error(
        &method.args,
        Rule::Range,
        "the heartbeat timeout is not shorter than the timeout, so it never passes first",
        "give the callback a shorter one, or leave it out",
    ))
}

/// DW023 for a sleep whose literal duration the service would refuse.
pub(super) fn sleep(call: &ExprCall) -> syn::Result<()> {
    if !calls(call, &["sleep"]) {
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
