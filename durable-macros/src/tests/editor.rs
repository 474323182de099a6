//! What an editor is given, which asks about a body while it is being typed.
//!
//! rust-analyzer has the macro expand what is typed, and the same with a name at the cursor, and takes the place of the name in the one for that of the cursor
//! in the other. It completes a statement that is not finished (with `__ra_fixup`, or a semicolon) before the macro sees it; what stands in a macro's
//! parentheses it leaves as it is.

use super::{Expansion, contains, reports, tokens};
use crate::expand;
use crate::rules::source;
use crate::surroundings::Surroundings;

/// The name at the cursor.
const NAME: &str = "cursor";

fn surroundings() -> Surroundings {
    let mut surroundings = Surroundings::default();
    surroundings.editor = true;
    surroundings
}

fn workflow(statements: &str) -> Expansion {
    Expansion::new(expand::workflow::expand_within(
        tokens(""),
        tokens(&format!(
            "async fn w(order: Order) -> Result<u64> {{ {statements} }}"
        )),
        None,
        &surroundings(),
    ))
}

fn helper(statements: &str) -> Expansion {
    Expansion::new(expand::helper::expand_within(
        tokens(""),
        tokens(&format!(
            "async fn h(order: &Order) -> Result<u64> {{ {statements} }}"
        )),
        &surroundings(),
    ))
}

fn step(options: &str, statements: &str) -> Expansion {
    let item = format!("async fn s(order: &Order) -> Result<u64> {{ {statements} }}");
    Expansion::new(expand::step::expand_within(
        tokens(options),
        tokens(&item),
        source::around,
        &surroundings(),
    ))
}

/// Asserts that the cursor is found: all in front of it is the same in both expansions.
#[track_caller]
fn finds_the_cursor(expand: impl Fn(&str) -> Expansion, typed: &str, asked: &str) {
    let asked = expand(asked).tokens.to_string();
    let front = asked.split(NAME).next().unwrap_or_default();
    assert!(front.len() < asked.len(), "the cursor is lost in\n{asked}");
    let typed = expand(typed).tokens.to_string();
    let differs = || {
        typed
            .chars()
            .zip(front.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    assert!(
        typed.starts_with(front),
        "character {} is another in\n{typed}\nand in\n{asked}",
        differs()
    );
}

#[test]
fn the_cursor_is_found_where_the_next_line_is_taken_for_the_rest() {
    for (typed, asked) in [
        (
            "order.charge(&order).await?; Ok(1)",
            "order.cursor; charge(&order).await?; Ok(1)",
        ),
        (
            "order.sleep(DAY).await; Ok(1)",
            "order.cursor; sleep(DAY).await; Ok(1)",
        ),
        (
            "let x = order.charge(&order).await?; Ok(1)",
            "let x = order.cursor; charge(&order).await?; Ok(1)",
        ),
        (
            "for line in &order.lines { line.price(line).await?; } Ok(1)",
            "for line in &order.lines { line.cursor; price(line).await?; } Ok(1)",
        ),
        (
            "for line in &order.lines { line.total(); } Ok(1)",
            "for line in &order.lines { line.cursor; price(line).await?; } Ok(1)",
        ),
        (
            "loop { order.poll(&order).await?; }",
            "loop { order.cursor; poll(&order).await?; }",
        ),
        (
            "map(&order.lines, |line| async move { line.price(line).await }).await?; Ok(1)",
            "map(&order.lines, |line| async move { line.cursor; price(line).await }).await?; Ok(1)",
        ),
    ] {
        finds_the_cursor(workflow, typed, asked);
        finds_the_cursor(helper, typed, asked);
    }
}

#[test]
fn the_cursor_is_found_in_a_combinator() {
    for (typed, asked) in [
        (
            "join!(reserve(&order), order.)",
            "join!(reserve(&order), order.cursor)",
        ),
        (
            "join!(order., reserve(&order))",
            "join!(order.cursor, reserve(&order))",
        ),
        (
            "try_join!(charge(&order.), a())",
            "try_join!(charge(&order.cursor), a())",
        ),
        (
            "try_join!(charge(&order).)?",
            "try_join!(charge(&order).cursor)?",
        ),
        (
            "race!(a => charge(&order), b => order.)",
            "race!(a => charge(&order), b => order.cursor)",
        ),
        (
            "join!(a => async { order. }, b())",
            "join!(a => async { order.cursor }, b())",
        ),
        (
            "join!(a => map(&order.lines, |line| async move { line. }))",
            "join!(a => map(&order.lines, |line| async move { line.cursor }))",
        ),
        (
            "join!(a => join!(b(), order.))",
            "join!(a => join!(b(), order.cursor))",
        ),
        (
            "join!(a => order.lines[0..1]., b())",
            "join!(a => order.lines[0..1].cursor, b())",
        ),
        (
            "join!(charge(&order) order.)",
            "join!(charge(&order) order.cursor)",
        ),
    ] {
        let (typed, asked) = (format!("{typed}; Ok(1)"), format!("{asked}; Ok(1)"));
        finds_the_cursor(workflow, &typed, &asked);
        finds_the_cursor(helper, &typed, &asked);
    }
}

#[test]
fn the_cursor_is_found_beside_a_mistake() {
    let twice = "charge(&order).await?; charge(&order).await?;";
    let clock = "SystemTime::now();";
    for mistake in [twice, clock, "handles[0].await;"] {
        for expand in [workflow, helper] {
            let typed = format!("{mistake} order.__ra_fixup; Ok(1)");
            let asked = format!("{mistake} order.cursor; Ok(1)");
            assert!(!expand(&typed).errors.is_empty(), "{mistake}");
            finds_the_cursor(expand, &typed, &asked);
        }
    }
    finds_the_cursor(
        |statements| step("retry = nome", statements),
        "order.__ra_fixup; Ok(1)",
        "order.cursor; Ok(1)",
    );
    assert_eq!(step("nome = 1", "Ok(1)").errors.len(), 1);
}

#[test]
fn the_body_is_the_users_own() {
    let text = workflow(
        "let receipt = charge(&order).await?; \
         for line in &order.lines { price(line).await?; } \
         loop { poll(&receipt).await?; } \
         let lock = mutex.try_lock().unwrap(); \
         info!(\"{}\", audit(&order).await?); \
         let id = uuid();",
    );
    let text = text.text();
    for kept in [
        "let receipt = charge(&order).await?;",
        "for line in &order.lines { price(line).await?; }",
        "loop { poll(&receipt).await?; }",
        "let lock = mutex.try_lock().unwrap(); info!",
        "info!(\"{}\", audit(&order).await?);",
        "let id = uuid();",
    ] {
        contains(&text, &[kept]);
    }
}

#[test]
fn a_mistake_is_reported_beside_the_body_that_has_it() {
    let found = workflow("charge(&order).await?; charge(&order).await");
    reports(&found, &[("DW016", "`charge`")]);
    let text = found.formatted();
    contains(&text, &["{ charge(&order).await?; charge(&order).await }"]);
}

#[test]
fn what_is_half_typed_is_no_mistake() {
    for half in [
        "try_join!(charge(&order), order.)?;",
        "let x = a().await b;",
        "info!(\"{}\", a().await.);",
    ] {
        let found = workflow(half);
        assert!(
            !found.tokens.to_string().contains("compile_error"),
            "{half}"
        );
    }
}
