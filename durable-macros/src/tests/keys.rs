//! How a site gets its key.

use super::{body, reports};

#[track_caller]
fn key(statement: &str, expected: &str) {
    assert_eq!(body(statement).keys(), [expected], "{statement}");
}

#[test]
fn a_call_has_the_last_name_of_its_path() {
    key("charge(&order).await;", "charge");
    key("payments::card::charge(&order).await;", "charge");
    key("Payments::charge(&order).await;", "charge");
    key("charge::<Order>(&order).await;", "charge");
    key("<Payments as Api>::charge(&order).await;", "charge");
    key("Client::new(url).charge(&order).await;", "new");
}

#[test]
fn methods_behind_a_call_change_nothing() {
    key("charge(&o).retry(p).timeout(t).await;", "charge");
    key(
        "charge(&o).label(format!(\"{x}\")).keyed(&o.id).await;",
        "charge",
    );
}

#[test]
fn question_marks_parentheses_references_and_pins_change_nothing() {
    key("(charge(&o)).await?;", "charge");
    key("((&mut charge(&o))).await;", "charge");
    key("make(&o)?.await;", "make");
    key("Box::pin(audit(&o)).await;", "audit");
    key("std::boxed::Box::pin((audit(&o))).await;", "audit");
}

#[test]
fn a_method_has_its_receiver_and_the_first_method() {
    key("client.charge(&o).await;", "client.charge");
    key("client.charge(&o).retry(p).await;", "client.charge");
    key("approval.result().await;", "approval.result");
    key("api.payments.charge(&o).await;", "api.payments.charge");
    key("pair.0.charge(&o).await;", "pair.0.charge");
    key("(&api.payments).charge(&o).await;", "api.payments.charge");
    key("clients::CARD.charge(&o).await;", "CARD.charge");
}

#[test]
fn self_is_left_out() {
    key("self.charge(&o).await;", "charge");
    key("self.client.charge(&o).retry(p).await;", "client.charge");
    key("self.pending.await;", "pending");
}

#[test]
fn a_variable_has_its_name() {
    key("pending.await;", "pending");
    key("handles.first.await;", "handles.first");
    key("r#type.await;", "type");
}

#[test]
fn a_literal_name_settles_it() {
    key("charge(&o).named(\"fee\").await;", "fee");
    key("charge(&o).named(\"fee\").retry(p).await;", "fee");
    key("handles[0].result().named(\"first\").await;", "first");
    key("Box::pin(audit(&o).named(\"again\")).await;", "again");
    key("a(&o).named(\"inner\").named(\"outer\").await;", "outer");
}

#[test]
fn inline_operations_have_their_first_argument() {
    key("step(\"greet\", || async { 1 }).await;", "greet");
    key(
        "durable_runtime::step(\"greet\", || async { 1 }).retry(p).await;",
        "greet",
    );
    key("child(\"bundle\", || async { 1 }).await;", "bundle");
    key("retry_block(\"block\", || async { 1 }).await;", "block");
    key(
        "step(\"greet\", || async { 1 }).named(\"other\").await;",
        "other",
    );
}

#[test]
fn a_users_own_function_of_such_a_name_is_a_call_like_any_other() {
    key("child(&order).await;", "child");
    key("step(&state, dt).await;", "step");
}

#[test]
fn inline_operations_want_a_literal() {
    for call in ["step(name, || async { 1 })", "child(NAME, || async { 1 })"] {
        let awaited = body(&format!("{call}.await;"));
        reports(
            &awaited,
            &[("DW016", "is its identity, so it is a string literal")],
        );
        let bound = body(&format!("let it = {call};"));
        reports(
            &bound,
            &[("DW016", "is its identity, so it is a string literal")],
        );
    }
}

#[test]
fn anything_else_asks_for_a_name() {
    for operation in [
        "handles[0]",
        "handles[0].result()",
        "(*client).charge(&o)",
        "{ charge(&o) }",
        "(self.make)(&o)",
        "(|| charge(&o))()",
        "first().await.result()",
        "async { 1 }",
        "if x { a() } else { b() }",
        "pick!(a, b)",
    ] {
        let found = body(&format!("({operation}).await;"));
        let errors = found
            .errors
            .iter()
            .filter(|error| error.contains("gives it no key"));
        assert_eq!(errors.count(), 1, "{operation}: {:?}", found.errors);
    }
    let found = body("handles[0].await;");
    reports(
        &found,
        &[("DW016", "this operation's text gives it no key")],
    );
    assert!(
        found.errors[0].contains(".named(\"..\")"),
        "{:?}",
        found.errors
    );
}

#[test]
fn a_name_made_at_run_time_is_refused() {
    let found = body("charge(&o).named(&name).await;");
    reports(&found, &[("DW016", "takes a string literal")]);
    assert!(found.errors[0].contains(".label(..)"), "{:?}", found.errors);
}

#[test]
fn names_are_in_the_services_range() {
    let long = "x".repeat(257);
    for (name, problem) in [
        ("", "is empty"),
        (&*long, "is too long"),
        ("größe", "ASCII"),
    ] {
        for operation in [
            format!("charge(&o).named({name:?}).await;"),
            format!("step({name:?}, || async {{ 1 }}).await;"),
            format!("let it = step({name:?}, || async {{ 1 }});"),
            format!("#[id({name:?})] charge(&o).await;"),
        ] {
            reports(&body(&operation), &[("DW023", problem)]);
        }
    }
    reports(&body("größe(&o).await;"), &[("DW023", "the key \"größe\"")]);
    key(
        &format!("a().named({:?}).await;", "y".repeat(256)),
        &"y".repeat(256),
    );
}
