//! What each rule says: what is wrong and why, and what to write instead.

use crate::diag::Rule;

/// What is wrong with `shown`, and why.
pub(super) fn what(rule: Rule, shown: &str) -> String {
    let why = match rule {
        Rule::Clock => "gives another time on every replay",
        Rule::RandomId => "makes another id on every replay",
        Rule::Random => "gives another value on every replay",
        Rule::Spawn => {
            "runs code beside the workflow, which no replay waits for and nothing records"
        }
        Rule::Select => "is decided by whoever is first, and another replay decides otherwise",
        Rule::ForeignJoin => "can't wait for durable operations: they are no futures",
        Rule::Unordered => {
            "gives results in the order in which they are ready, which is another on every replay"
        }
        Rule::Environment => {
            "can be another when this is replayed, on another machine or after a deploy"
        }
        Rule::Outside => "is a side effect, and every replay repeats it",
        Rule::SharedState => "outlives the workflow, and every replay changes it again",
        Rule::Captured => {
            "is changed in a closure that a replay runs again or not at all, so the change would be repeated or lost"
        }
        Rule::Print => "prints on every replay",
        Rule::CatchUnwind => {
            "would catch what ends an invocation, and what it catches is not recorded"
        }
        // The others have messages of their own.
        _ => "can't be replayed",
    };
    format!("`{shown}` {why}")
}

/// What to write instead.
pub(super) fn help(rule: Rule, shown: &str) -> String {
    let instead = match rule {
        Rule::Clock => {
            "use `now().await`, which is recorded once, or read the clock in a `#[step]`"
        }
        Rule::RandomId => {
            "use `uuid()`, which follows from the execution and from the place in the text"
        }
        Rule::Random => {
            "use `random()` or `rng()`, which follow from the execution and from the place in the text"
        }
        Rule::Spawn => {
            "run operations side by side with `join!` or `map(..)`, and blocking work in a `#[step]`"
        }
        Rule::Select => "use `race!`, which records its decision",
        Rule::ForeignJoin if shown.contains("try_join") => {
            "use `durable_runtime::try_join!`, or `map(..)` for a list"
        }
        Rule::ForeignJoin => "use `durable_runtime::join!`, or `map(..)` for a list",
        Rule::Unordered => {
            "use `map(items, |item| ..).concurrency(n).await`, which gives results in the order of the items"
        }
        Rule::Environment => {
            "read it in a `#[step]`, or make it a part of the input or a `#[state]` parameter"
        }
        Rule::Outside => "do it in a `#[step]`, or in `step(\"name\", || async { .. }).await`",
        Rule::SharedState => "return the value from a `#[step]`, or change the state in one",
        Rule::Captured => {
            "return the new value from the closure, and assign what the operation gives"
        }
        Rule::Print => "use `tracing`, which is quiet during replay, or print in a `#[step]`",
        Rule::CatchUnwind => "let the panic pass: a step's is a failed attempt already",
        _ => "do it in a `#[step]`",
    };
    instead.to_owned()
}
