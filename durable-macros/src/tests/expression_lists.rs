//! Macros of others that hold a list of expressions.

use super::{becomes, body, reports};

#[test]
fn lists_that_are_evaluated_in_place_are_rewritten_in_place() {
    becomes(
        "let v = vec![a().await?, b().await?];",
        "let v = vec![__dw::Awaited::__at(a(), $[0]).await?, __dw::Awaited::__at(b(), $[1]).await?];",
    );
    becomes(
        "vec![a().await; 3]",
        "vec![__dw::Awaited::__at(a(), $[0]).await; 3]",
    );
    becomes(
        "assert_eq!(a().await, 3, \"for {x}\");",
        "assert_eq!(__dw::Awaited::__at(a(), $[0]).await, 3, \"for {x}\");",
    );
    becomes(
        "matches!(a().await, Some(x) if x > 1)",
        "matches!(__dw::Awaited::__at(a(), $[0]).await, Some(x) if x > 1)",
    );
    becomes(
        "#[allow_durable(DW019, reason = \"once\")] dbg!(a().await)",
        "dbg!(__dw::Awaited::__at(a(), $[0]).await)",
    );
}

#[test]
fn what_is_printed_is_awaited_before() {
    becomes(
        "#[allow_durable(DW019, reason = \"once\")] println!(\"{}\", charge(&o).await?);",
        "match (__dw::Awaited::__at(charge(&o), $[0]).await?,) {
             (__dw_value0,) => println!(\"{}\", __dw_value0),
         };",
    );
    becomes(
        "let text = std::format!(\"{} {} {z}\", a().await, y, z = b().await);",
        "let text = match (__dw::Awaited::__at(a(), $[0]).await, __dw::Awaited::__at(b(), $[1]).await,) {
             (__dw_value0, __dw_value1,) => std::format!(\"{} {} {z}\", __dw_value0, y, z = __dw_value1),
         };",
    );
    becomes(
        "writeln!(out, \"{}\", a().await)?",
        "match (__dw::Awaited::__at(a(), $[0]).await,) {
             (__dw_value0,) => writeln!(out, \"{}\", __dw_value0),
         }?",
    );
}

#[test]
fn an_event_that_is_off_still_runs_the_operation() {
    becomes(
        "info!(x = f().await?, \"msg\");",
        "match (__dw::Awaited::__at(f(), $[0]).await?,) { (__dw_value0,) => info!(x = __dw_value0, \"msg\"), };",
    );
    becomes(
        "tracing::warn!(target: \"t\", a.b = %f().await, c = ?g().await, y, \"{} {}\", h().await, z);",
        "match (
             __dw::Awaited::__at(f(), $[0]).await,
             __dw::Awaited::__at(g(), $[1]).await,
             __dw::Awaited::__at(h(), $[2]).await,
         ) {
             (__dw_value0, __dw_value1, __dw_value2,) => tracing::warn!(
                 target: \"t\", a.b = %__dw_value0, c = ?__dw_value1, y, \"{} {}\", __dw_value2, z
             ),
         };",
    );
    becomes(
        "event!(Level::INFO, { a = f().await, \"b c\" = 1 }, \"msg\");",
        "match (__dw::Awaited::__at(f(), $[0]).await,) {
             (__dw_value0,) => event!(Level::INFO, { a = __dw_value0, \"b c\" = 1 }, \"msg\"),
         };",
    );
    becomes(
        "log::info!(key = f().await, other:? = x; \"msg {}\", y);",
        "match (__dw::Awaited::__at(f(), $[0]).await,) {
             (__dw_value0,) => log::info!(key = __dw_value0, other:? = x; \"msg {}\", y),
         };",
    );
}

#[test]
fn combinators_blocks_and_value_functions_in_a_list_are_found() {
    becomes(
        "#[allow_durable(DW019, reason = \"once\")] println!(\"{:?}\", join!(a()));",
        "match (__dw::Awaited::__at(__dw::join((__dw::Awaited::__branch(a(), $[1], \"a\"),)), $[0]).await,) {
             (__dw_value0,) => println!(\"{:?}\", __dw_value0),
         };",
    );
    becomes(
        "vec![uuid(), 1]",
        "vec![__dw::value_site($[0], || uuid()), 1]",
    );
    becomes("vec![async { 1 }]", "vec![__dw::block(async { 1 })]");
}

#[test]
fn macros_without_sites_are_untouched() {
    for statement in [
        "bail!(\"{x} {}\", y + 1);",
        "json!({ \"a\": 1, \"b\": [x] });",
        "html! { <p>{ x }</p> };",
        "info!(?x, y = %z, \"uuid\");",
        "vec![id.uuid(), random];",
    ] {
        becomes(statement, statement);
    }
}

#[test]
fn an_await_in_any_other_macro_is_refused_once() {
    let found = body("let x = json!({ \"a\": f().await?, \"b\": g().await? });");
    reports(
        &found,
        &[(
            "DW026",
            "`json!` can't be looked into, and it holds `.await`",
        )],
    );
    assert!(
        found.errors[0].contains("let value = ..await;"),
        "{:?}",
        found.errors
    );
    let found = body("tokio::select! { x = a() => b().await, y = c() => 1 }");
    reports(&found, &[("DW008", "`tokio::select!`")]);
}

#[test]
fn an_await_that_is_no_expression_of_a_known_macro_is_refused() {
    reports(
        &body("matches!(x, Some(y) if f(y).await)"),
        &[("DW026", "`matches!`")],
    );
    reports(&body("format!(f().await => 1);"), &[("DW026", "`format!`")]);
}
