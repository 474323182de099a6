//! Options with checked spelling.

use super::{Expansion, contains, reports, step, workflow_with};

fn with(options: &str) -> Expansion {
    step(
        options,
        "async fn charge(order: &Order) -> Result<Receipt> { pay(order).await }",
    )
}

#[track_caller]
fn builds(options: &str, expected: &str) {
    contains(&with(options).text(), &[expected]);
}

#[test]
fn every_option_becomes_a_call() {
    builds("retry = none", "}).retry(__dw::NoRetry) }");
    builds("retry = default", "}) }");
    builds("retry = my::strategy", ".retry(my::strategy)");
    builds("retry = exponential", ".retry(__dw::Exponential::new())");
    builds(
        "retry = exponential(max_attempts = 3, initial_delay = \"1s\", max_delay = \"1m 500ms\", \
         backoff_rate = 2.5, jitter = \"half\")",
        ".retry(
            __dw::Exponential::new()
                .max_attempts(3u32)
                .initial_delay(::core::time::Duration::from_millis(1000u64))
                .max_delay(::core::time::Duration::from_millis(60500u64))
                .backoff_rate(2.5f64)
                .jitter(__dw::Jitter::Half),
        )",
    );
    builds(
        "retry = exponential(backoff_rate = 3)",
        ".backoff_rate(3f64)",
    );
    builds("retry_if = is_transient", ".retry_if(is_transient)");
    builds(
        "timeout = \"30s\"",
        ".timeout(::core::time::Duration::from_millis(30000u64))",
    );
    builds(
        "timeout = \"1us\"",
        ".timeout(::core::time::Duration::new(0u64, 1000u32))",
    );
    builds("codec = codecs::Zip", ".codec(&codecs::Zip)");
    builds("", "const { __dw::StepMeta::new(\"charge\") }");
    builds("name = \"pay\"", "const { __dw::StepMeta::new(\"pay\") }");
    builds(
        "semantics = \"at_most_once\"",
        "const { __dw::StepMeta::new(\"charge\").semantics(__dw::Semantics::AtMostOnce) }",
    );
    builds(
        "semantics = \"at_least_once\"",
        "const { __dw::StepMeta::new(\"charge\") }",
    );
    builds(
        "",
        "::durable_runtime::__private::outcome!(Result<Receipt>)",
    );
    builds(
        "fallible",
        "::durable_runtime::__private::outcome!(fallible Result<Receipt>)",
    );
    builds(
        "infallible",
        "::durable_runtime::__private::outcome!(plain Result<Receipt>)",
    );
    builds(
        "timeout = \"1s\", retry = none,",
        ".retry(__dw::NoRetry).timeout(::core::time::Duration::from_millis(1000u64))",
    );
}

#[test]
fn an_unknown_option_is_answered_with_the_nearest_and_the_list() {
    let found = with("retires = none");
    reports(&found, &[("DW027", "`#[step]` has no option `retires`")]);
    assert!(
        found.errors[0].contains("did you mean `retry`?"),
        "{:?}",
        found.errors
    );
    assert!(
        found.errors[0].contains("`semantics`, `timeout`"),
        "{:?}",
        found.errors
    );
    let found = with("colour = \"red\"");
    assert!(
        !found.errors[0].contains("did you mean"),
        "{:?}",
        found.errors
    );
    assert!(
        found.errors[0].contains("the options are `name`"),
        "{:?}",
        found.errors
    );
    let found = with("retry = exponential(max_atempts = 3)");
    reports(
        &found,
        &[("DW027", "`exponential(..)` has no option `max_atempts`")],
    );
    assert!(
        found.errors[0].contains("did you mean `max_attempts`?"),
        "{:?}",
        found.errors
    );
}

#[test]
fn a_repeated_option_is_refused() {
    reports(
        &with("retry = none, retry = none"),
        &[("DW027", "the option `retry` is given twice")],
    );
    reports(
        &with("fallible, infallible"),
        &[("DW027", "contradict each other")],
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    for (options, part) in [
        (
            "timeout = 30",
            "the option `timeout` takes a duration in quotes",
        ),
        ("timeout", "the option `timeout` takes a duration in quotes"),
        ("name = charge", "the option `name` takes a string literal"),
        ("retry = 3", "the option `retry` takes `none`, `default`"),
        (
            "retry = strategy(3)",
            "the option `retry` takes `none`, `default`",
        ),
        ("retry_if = |e| true", "the option `retry_if` takes a path"),
        ("codec = \"zip\"", "the option `codec` takes a path"),
        ("semantics = \"once\"", "`semantics` can't be \"once\""),
        ("fallible = true", "the option `fallible` takes no value"),
        (
            "retry = exponential(max_attempts = \"3\")",
            "`max_attempts` takes a whole number",
        ),
        (
            "retry = exponential(backoff_rate = \"2\")",
            "`backoff_rate` takes a number",
        ),
        (
            "retry = exponential(jitter = \"some\")",
            "`jitter` can't be \"some\"",
        ),
        ("timeout(30)", "this is not an option of `#[step]`"),
        ("\"30s\"", "this is not an option of `#[step]`"),
    ] {
        reports(&with(options), &[("DW027", part)]);
    }
}

#[test]
fn a_value_out_of_the_services_range_is_refused() {
    for (options, part) in [
        ("timeout = \"soon\"", "\"soon\" is not a duration"),
        ("timeout = \"0s\"", "the duration \"0s\" is zero"),
        ("timeout = \"367days\"", "is longer than 366 days"),
        ("name = \"\"", "is empty"),
        ("name = \"größe\"", "is not printable ASCII"),
        (
            "retry = exponential(max_attempts = 0)",
            "`max_attempts` can't be 0",
        ),
        (
            "retry = exponential(max_attempts = 5_000_000_000)",
            "`max_attempts` can't be",
        ),
        (
            "retry = exponential(initial_delay = \"0s\")",
            "the duration \"0s\" is zero",
        ),
        (
            "retry = exponential(max_delay = \"400days\")",
            "is longer than 366 days",
        ),
        (
            "retry = exponential(backoff_rate = 0.0)",
            "`backoff_rate` can't be 0.0",
        ),
    ] {
        reports(&with(options), &[("DW023", part)]);
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let found = with(
        "nome = \"x\", timeout = \"soon\", retry = exponential(max_attempts = 0, jiter = \"full\"), fallible = 1",
    );
    reports(
        &found,
        &[
            ("DW027", "no option `nome`"),
            ("DW023", "not a duration"),
            ("DW023", "`max_attempts` can't be 0"),
            ("DW027", "no option `jiter`"),
            ("DW027", "takes no value"),
        ],
    );
}

#[test]
fn workflows_have_options_of_their_own() {
    let with = |options| workflow_with(options, "async fn w() -> Result<()> { Ok(()) }");
    let text = with("name = \"x\", on_divergence = \"fail\", fallible").text();
    assert!(text.contains("\"x\""), "{text}");
    assert!(
        text.contains("::durable_runtime::OnDivergence::Fail"),
        "{text}"
    );
    assert!(text.contains("outcome!(fallible Result < () >)"), "{text}");
    let text = with("codec = codecs::ZIP").text();
    contains(
        &text,
        &["::durable_runtime::OnDivergence::Retry,)
            .__codec(|| -> &'static dyn ::durable_runtime::Codec { &codecs::ZIP });"],
    );
    let text = with("on_divergence = \"retry\"").text();
    assert!(
        text.contains("::durable_runtime::OnDivergence::Retry"),
        "{text}"
    );

    let found = with("timeout = \"1s\"");
    reports(
        &found,
        &[("DW027", "`#[durable_workflow]` has no option `timeout`")],
    );
    reports(
        &with("on_divergence = \"panic\""),
        &[("DW027", "can't be \"panic\"")],
    );
    reports(&with("name = \"\""), &[("DW023", "is empty")]);
}
