//! Mistakes: all of them at once, each of them once, and an item that goes on working.

use super::{body, reports, step, workflow, workflow_with};

#[test]
fn every_mistake_of_an_item_is_reported_at_once() {
    let found = workflow_with(
        "nome = \"x\"",
        "fn w(&self, a: impl Debug) -> u8 {
             charge(1).await;
             charge(2).await;
             handles[0].await;
             json!({ \"a\": b().await });
             sleep(Duration::ZERO).await;
             #[id(\"x\")] let y = 1;
             1
         }",
    );
    reports(
        &found,
        &[
            ("DW027", "no option `nome`"),
            ("DW020", "is not an `async fn`"),
            ("DW020", "`impl Trait`"),
            ("DW020", "can't be a method"),
            ("DW016", "`charge`"),
            ("DW016", "no key"),
            ("DW026", "`json!`"),
            ("DW023", "zero"),
            ("DW016", "no operation that `#[id]` could name"),
        ],
    );
}

#[test]
fn a_mistake_leaves_a_workflow_that_callers_can_type_check() {
    let found = workflow("pub async fn w(order: &Order) -> Result<X> { gone[0].await }");
    reports(&found, &[("DW016", "no key")]);
    let text = found.formatted();
    for kept in [
        "pub struct w {}",
        "impl ::durable_runtime::Workflow for w",
        "type Input = Order;",
        "type Output = Result<X>;",
        "order: &'__dw0 Order",
        "unreachable!(",
    ] {
        assert!(text.contains(kept), "{kept}\nis not in\n{text}");
    }
    assert!(!text.contains("gone"), "{text}");
}

#[test]
fn what_is_no_function_is_emitted_untouched() {
    for item in [
        "struct X;",
        "async fn f(x: ) { a().await }",
        "async fn f();",
    ] {
        for found in [workflow(item), step("", item)] {
            let text = found.tokens.to_string();
            assert!(text.contains("compile_error"), "{text}");
            assert!(text.starts_with(&super::tokens(item).to_string()), "{text}");
        }
    }
}

#[test]
fn a_half_typed_body_keeps_its_tokens_and_the_compiler_reports_it() {
    let item = "async fn w(order: Order) -> u32 { let x = charge(&order).await; x. }";
    let text = workflow(item).tokens.to_string();
    assert!(!text.contains("compile_error"), "{text}");
    assert!(
        text.contains(
            "let x = __dw :: Awaited :: __at (charge (& order) , w :: __DW_SITE_0) . await ;"
        ),
        "{text}"
    );
    assert!(text.contains("x ."), "{text}");
    assert!(text.contains("WorkflowCall"), "{text}");

    let text = step("", "async fn s(n: u32) -> u32 { let x = ; n. }")
        .tokens
        .to_string();
    assert!(!text.contains("compile_error"), "{text}");
    assert!(text.contains("let x = ; n ."), "{text}");
    assert!(text.contains(":: durable_runtime :: Step <"), "{text}");
}

#[test]
fn an_await_in_a_statement_that_does_not_parse_is_not_let_through() {
    let text = workflow("async fn w() { let x = a().await b; c().await; }")
        .tokens
        .to_string();
    assert!(text.contains("this syntax can't be looked into"), "{text}");
    assert!(text.contains("let x = a () . await b ;"), "{text}");
    assert!(
        text.contains("__dw :: Awaited :: __at (c () , w :: __DW_SITE_0) . await"),
        "{text}"
    );
}

#[test]
fn syntax_of_the_future_is_not_looked_into() {
    let found = body("let x = builtin # offset_of(A, b().await);");
    reports(&found, &[("DW026", "this syntax can't be looked into")]);
}
