//! `#[id("..")]` on statements.

use super::{becomes, body, reports};

#[test]
fn an_id_names_its_statements_one_site_and_leaves_the_output() {
    becomes(
        "#[id(\"old\")] let receipt = charge(&order).await?;",
        "let receipt = __dw::Awaited::__at(charge(&order), $[0]).await?;",
    );
    for statement in [
        "#[id(\"old\")] let receipt = charge(&order).await?;",
        "#[id(\"old\")] charge(&order).await?;",
        "#[id(\"old\")] receipt = charge(&order).await?;",
        "#[id(\"old\")] handles[0].await;",
        "#[id(\"old\")] charge(&order).await",
        "#[id(\"old\")] let id = uuid();",
        "#[id(\"old\")] let x = charge(&order).named(\"new\").await;",
    ] {
        assert_eq!(body(statement).keys(), ["old"], "{statement}");
    }
}

#[test]
fn an_id_on_a_combinator_names_the_combinator() {
    let found = body("#[id(\"both\")] let (a, b) = join!(one(), two());");
    assert_eq!(found.keys(), ["both", "one", "two"]);
    let found = body("join!(a(), b()); #[id(\"again\")] join!(c(), d());");
    assert_eq!(found.keys(), ["join", "a", "b", "again", "c", "d"]);
}

#[test]
fn sites_in_closures_and_blocks_keep_theirs() {
    let found = body("#[id(\"old\")] map(&xs, |x| async move { a().await; b().await }).await;");
    assert_eq!(found.keys(), ["a", "b", "old"]);
}

#[test]
fn an_id_on_a_match_an_if_or_a_loop_names_the_site_in_its_head() {
    let found =
        body("#[id(\"old\")] match race!(a => x(), b => y()) { a(_) => z().await, b(_) => 1 }");
    assert_eq!(found.keys(), ["old", "x", "y", "z"]);
    let found = body("#[id(\"old\")] if check().await { a().await } else { b().await }");
    assert_eq!(found.keys(), ["old", "a", "b"]);
    let found = body("#[id(\"old\")] for x in list().await { a().await; }");
    assert_eq!(found.keys(), ["old", "a"]);
}

#[test]
fn a_statement_inside_has_its_own() {
    let found = body("let x = { #[id(\"one\")] charge(1).await; #[id(\"two\")] charge(2).await };");
    assert_eq!(found.keys(), ["one", "two"]);
    let found = body("if x { #[id(\"one\")] charge(1).await } #[id(\"two\")] charge(2).await");
    assert_eq!(found.keys(), ["one", "two"]);
}

#[test]
fn an_id_for_several_sites_or_none_is_refused() {
    let found = body("#[id(\"old\")] let x = (a().await, b().await, c[0].await);");
    reports(
        &found,
        &[(
            "DW016",
            "this statement has 3 operations, and `#[id]` names one",
        )],
    );
    let found = body("#[id(\"old\")] let x = 1;");
    reports(
        &found,
        &[(
            "DW016",
            "this statement has no operation that `#[id]` could name",
        )],
    );
    let found = body("#[id(\"old\")] let x = async { a().await };");
    reports(&found, &[("DW016", "this statement has no operation")]);
}

#[test]
fn an_id_somewhere_else_is_refused() {
    for statements in [
        "match x { #[id(\"old\")] A => a().await, _ => 1 }",
        "#[id(\"old\")] { a().await }",
        "#[id(\"old\")] loop { a().await; }",
    ] {
        reports(&body(statements), &[("DW016", "`#[id]` can't stand here")]);
    }
}

#[test]
fn an_id_is_one_literal() {
    for attribute in [
        "#[id]",
        "#[id(OLD)]",
        "#[id = \"old\"]",
        "#[id(\"a\", \"b\")]",
    ] {
        let found = body(&format!("{attribute} handles[0].await;"));
        reports(&found, &[("DW016", "so it takes one string literal")]);
    }
}
