//! `join!`, `try_join!` and `race!`.

use super::{becomes, body, reports};

#[test]
fn each_becomes_a_call_that_is_awaited_at_its_site() {
    becomes(
        "let (a, b) = join!(one(), two());",
        "let (a, b) = __dw::Awaited::__at(
             __dw::join((__dw::Awaited::__branch(one(), $[1], \"one\"), __dw::Awaited::__branch(two(), $[2], \"two\"),)),
             $[0]
         ).await;",
    );
    becomes(
        "try_join!(one(),)?;",
        "__dw::Awaited::__at(__dw::try_join((__dw::Awaited::__branch(__dw::Awaited::__fallible(one()), $[1], \"one\"),)), $[0]).await?;",
    );
    becomes(
        "durable_runtime::race!(one());",
        "__dw::Awaited::__at(__dw::race((__dw::Awaited::__branch(one(), $[1], \"one\"),)), $[0]).await;",
    );
}

#[test]
fn a_label_is_the_branchs_key_and_not_the_sites() {
    let given = "join!(left => one(), right => two());";
    becomes(
        given,
        "__dw::Awaited::__at(
             __dw::join((__dw::Awaited::__branch(one(), $[1], \"left\"), __dw::Awaited::__branch(two(), $[2], \"right\"),)),
             $[0]
         ).await;",
    );
    assert_eq!(body(given).keys(), ["join", "one", "two"]);
}

#[test]
fn sleeps_in_branches_have_branch_keys_of_their_own() {
    becomes(
        "join!(sleep(a), sleep(b));",
        "__dw::Awaited::__at(
             __dw::join((__dw::Awaited::__branch(sleep(a), $[1], \"sleep\"), __dw::Awaited::__branch(sleep(b), $[2], \"sleep#2\"),)),
             $[0]
         ).await;",
    );
}

#[test]
fn blocks_are_branches_that_need_a_label() {
    becomes(
        "join!(both => async { a().await; b().await }, c());",
        "__dw::Awaited::__at(
             __dw::join((
                 __dw::Awaited::__branch(__dw::block(async {
                     __dw::Awaited::__at(a(), $[2]).await;
                     __dw::Awaited::__at(b(), $[3]).await
                 }), $[1], \"both\"),
                 __dw::Awaited::__branch(c(), $[4], \"c\"),
             )),
             $[0]
         ).await;",
    );
    reports(
        &body("join!(async { a().await }, b());"),
        &[("DW016", "this branch's text gives it no key")],
    );
    reports(
        &body("join!(handles[0], b());"),
        &[("DW016", "this branch's text gives it no key")],
    );
    assert_eq!(
        body("join!(first => handles[0], b());").keys(),
        ["join", "first", "b"]
    );
}

#[test]
fn blocks_with_one_label_in_two_combinators_are_two() {
    let found = body("join!(x => async { 1 }, a()); race!(x => async { 2 }, b());");
    assert_eq!(found.keys(), ["join", "join.x", "a", "race", "race.x", "b"]);
}

#[test]
fn a_combinator_can_be_a_branch() {
    becomes(
        "race!(all => join!(a(), b()), late => sleep(d));",
        "__dw::Awaited::__at(
             __dw::race((
                 __dw::Awaited::__branch(
                     __dw::join((__dw::Awaited::__branch(a(), $[2], \"a\"), __dw::Awaited::__branch(b(), $[3], \"b\"),)),
                     $[1],
                     \"all\"
                 ),
                 __dw::Awaited::__branch(sleep(d), $[4], \"late\"),
             )),
             $[0]
         ).await;",
    );
    reports(
        &body("race!(join!(a(), b()), c());"),
        &[("DW016", "this branch's text gives it no key")],
    );
}

#[test]
fn two_of_a_kind_need_an_id() {
    let found = body("join!(a(), b());\njoin!(c(), d());");
    reports(&found, &[("DW016", "the key `join`")]);
    assert!(
        found.errors[0].contains("put `#[id(\"..\")]` on the statement"),
        "{:?}",
        found.errors
    );
}

#[test]
fn branch_keys_differ() {
    reports(
        &body("join!(x => a(), x => b());"),
        &[("DW016", "two branches here have the key `x`")],
    );
    reports(
        &body("join!(a(), a => b());"),
        &[("DW016", "two branches here have the key `a`")],
    );
}

#[test]
fn labels_are_patterns_where_a_race_is_matched() {
    becomes(
        "match race!(ok => ask(), late => sleep(d)) { ok(Some(x)) if x > 1 => 1, ok(_) | late(()) => 2 }",
        "match __dw::Awaited::__at(
             __dw::race((__dw::Awaited::__branch(ask(), $[1], \"ok\"), __dw::Awaited::__branch(sleep(d), $[2], \"late\"),)),
             $[0]
         ).await {
             __dw::Race2::First(Some(x)) if x > 1 => 1,
             __dw::Race2::First(_) | __dw::Race2::Second(()) => 2,
         }",
    );
    becomes(
        "if let ok(x) = race!(ok => ask(), b()) { x }",
        "if let __dw::Race2::First(x) = __dw::Awaited::__at(
             __dw::race((__dw::Awaited::__branch(ask(), $[1], \"ok\"), __dw::Awaited::__branch(b(), $[2], \"b\"),)),
             $[0]
         ).await { x }",
    );
    becomes(
        "let c(x) = race!(a(), b(), c => y()) else { return };",
        "let __dw::Race3::Third(x) = __dw::Awaited::__at(
             __dw::race((
                 __dw::Awaited::__branch(a(), $[1], \"a\"),
                 __dw::Awaited::__branch(b(), $[2], \"b\"),
                 __dw::Awaited::__branch(y(), $[3], \"c\"),
             )),
             $[0]
         ).await else { return };",
    );
}

#[test]
fn a_bare_label_is_a_pattern_and_binds_nothing() {
    becomes(
        "match race!(ok => ask(), late => sleep(d)) { late => 1, other => 2 }",
        "match __dw::Awaited::__at(
             __dw::race((__dw::Awaited::__branch(ask(), $[1], \"ok\"), __dw::Awaited::__branch(sleep(d), $[2], \"late\"),)),
             $[0]
         ).await { __dw::Race2::Second(..) => 1, other => 2 }",
    );
}

#[test]
fn labels_are_patterns_nowhere_else() {
    becomes(
        "let won = race!(ok => ask()); match won { ok(x) => x }",
        "let won = __dw::Awaited::__at(__dw::race((__dw::Awaited::__branch(ask(), $[1], \"ok\"),)), $[0]).await;
         match won { ok(x) => x }",
    );
}

#[test]
fn what_is_awaited_already_is_no_branch() {
    let found = body("join!(a().await, b().await?, c());");
    let expected = (
        "DW001",
        "a branch is an operation, and this one is awaited already",
    );
    reports(&found, &[expected, expected]);
    reports(
        &body("join!(a(), b()).await;"),
        &[("DW001", "`join!` waits by itself")],
    );
}

#[test]
fn there_are_1_to_12_branches() {
    reports(
        &body("join!();"),
        &[("DW026", "`join!` can't have 0 branches")],
    );
    let branches: Vec<_> = (0..13).map(|n| format!("f{n}()")).collect();
    let found = body(&format!("race!({});", branches.join(", ")));
    reports(&found, &[("DW026", "`race!` can't have 13 branches")]);
    let found = body(&format!("race!({});", branches[..12].join(", ")));
    assert_eq!(found.keys().len(), 13);
}

#[test]
fn what_is_no_branch_is_reported_once() {
    let found = body("race! { x = a() => { b().await } }");
    reports(&found, &[("DW026", "this is not a branch of `race!`")]);
}

#[test]
fn combinators_of_others_are_none_of_ours() {
    becomes("other::join!(a, b);", "other::join!(a, b);");
    let found = body("other::join!(a().await, b);");
    reports(&found, &[("DW026", "`other::join!` can't be looked into")]);
    for known in ["tokio::join!(a, b);", "futures::join!(a().await, b);"] {
        reports(
            &body(known),
            &[("DW009", "can't wait for durable operations")],
        );
    }
}
