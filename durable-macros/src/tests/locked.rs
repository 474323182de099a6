//! A workflow beside a lock file: the edits that executions in flight would notice do not compile.

use proc_macro2::TokenStream;

use super::{Expansion, body, tokens};
use crate::expand;
use crate::surroundings::Surroundings;

/// A lock file of workflow `w` with these operations: key, kind, and what else the line says.
fn lock(lines: &[(&str, &str, &str)]) -> String {
    let lines = lines.iter().map(|(key, kind, more)| {
        format!("{{\"workflow\":\"w\",\"key\":\"{key}\",\"kind\":\"{kind}\",\"callee\":\"{key}\",{more}\"since\":1}}\n")
    });
    lines.fold("{\"durable.lock\":1}\n".to_owned(), |text, line| {
        text + &line
    })
}

fn under(lock: &str, statements: &str) -> Expansion {
    named(lock, "w", statements)
}

fn named(lock: &str, name: &str, statements: &str) -> Expansion {
    Expansion::new(expand::workflow::expand_within(
        TokenStream::new(),
        tokens(&format!("async fn {name}() {{\n{statements}\n}}")),
        None,
        &Surroundings::locked(lock),
    ))
}

/// Each rule is reported once, in this order, with these words.
#[track_caller]
fn refuses(lock: &str, statements: &str, expected: &[(&str, &str)]) {
    let found = under(lock, statements).errors;
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (error, (rule, words)) in found.iter().zip(expected) {
        assert!(error.contains(&format!("[{rule}]")), "{error}");
        assert!(error.contains(words), "{error}");
        assert!(error.contains("\n  = help: "), "{error}");
    }
}

const BOTH: &str = "charge(&o).await; ship(&o).await;";

fn both() -> String {
    lock(&[("charge", "step", ""), ("ship", "step", "")])
}

#[test]
fn what_is_locked_and_there_compiles() {
    under(&both(), BOTH).sound();
    under(&both(), "ship(&o).await; if x { charge(&o).await; }").sound();
}

#[test]
fn the_ids_are_the_same_with_and_without_a_lock_file() {
    assert_eq!(under(&both(), BOTH).rows(), body(BOTH).rows());
}

#[test]
fn what_is_new_compiles() {
    under(&both(), "charge(&o).await; notify().await; ship(&o).await;").sound();
}

#[test]
fn a_workflow_that_the_file_does_not_know_compiles() {
    named(&both(), "other", "sleep(d).await;").sound();
}

#[test]
fn a_missing_operation_is_reported_at_the_name() {
    refuses(
        &both(),
        "charge(&o).await;",
        &[("DW101", "`ship` is locked as a step")],
    );
}

#[test]
fn a_rename_offers_the_old_name() {
    refuses(
        &both(),
        "charge_card(&o).await; ship(&o).await;",
        &[("DW102", "put `#[id(\"charge\")]` on the statement")],
    );
    under(
        &both(),
        "#[id(\"charge\")] charge_card(&o).await; ship(&o).await;",
    )
    .sound();
}

#[test]
fn a_rename_in_a_branch_offers_what_can_stand_there() {
    let locked = lock(&[
        ("try_join", "try_join", ""),
        ("charge", "step", "\"scope\":\"try_join.charge\","),
        ("ship", "step", "\"scope\":\"try_join.ship\","),
    ]);
    under(&locked, "try_join!(charge(&o), ship(&o));").sound();
    refuses(
        &locked,
        "try_join!(charge_card(&o), ship(&o));",
        &[("DW102", "put `.named(\"charge\")` on the operation")],
    );
    under(
        &locked,
        "try_join!(charge_card(&o).named(\"charge\"), ship(&o));",
    )
    .sound();
}

#[test]
fn another_kind_is_refused() {
    refuses(
        &both(),
        "sleep(d).named(\"charge\").await; ship(&o).await;",
        &[("DW103", "`charge` is locked as a step, and this is a sleep")],
    );
}

#[test]
fn a_kind_that_only_the_compiler_knows_is_left_to_it() {
    let text = under(&both(), BOTH).text();
    assert!(
        text.contains("__dw::Awaited::__is_kind::<__dw::kind::Step>"),
        "{text}"
    );
    let text = under(&lock(&[("charge", "operation", "")]), "charge().await;").text();
    assert!(!text.contains("is_kind"), "{text}");
}

#[test]
fn another_scope_is_refused() {
    refuses(
        &both(),
        "charge(&o).await; join!(ship(&o), later());",
        &[(
            "DW104",
            "`ship` is locked in the workflow's own block, and this is inside `join.ship`",
        )],
    );
    let inside = lock(&[("map", "map", ""), ("charge", "step", "\"scope\":\"map\",")]);
    under(
        &inside,
        "map(items, |i| async move { charge(i).await }).await;",
    )
    .sound();
    refuses(
        &inside,
        "map(items, |i| async move { i }).await; charge(1).await;",
        &[("DW104", "`charge` is locked inside `map`")],
    );
    refuses(
        &both(),
        "for i in list { charge(i).keyed(i).await; } ship(&o).await;",
        &[("DW104", "locked without `.keyed(..)`")],
    );
}

#[test]
fn a_closure_that_is_kept_may_run_anywhere() {
    let inside = lock(&[("map", "map", ""), ("charge", "step", "\"scope\":\"map\",")]);
    under(
        &inside,
        "let each = |i| async move { charge(i).await }; map(items, each).await;",
    )
    .sound();
}

#[test]
fn a_retired_identity_is_not_free() {
    let locked = lock(&[("charge", "step", "\"retired\":2,"), ("ship", "step", "")]);
    refuses(
        &locked,
        BOTH,
        &[("DW105", "`charge` was retired in revision 2")],
    );
    let text = under(&locked, "ship(&o).await;").text();
    assert!(text.contains(".__retired({"), "{text}");
}

#[test]
fn an_alias_gives_the_old_identity() {
    let locked = lock(&[("charge", "step", "\"as\":\"bill\","), ("ship", "step", "")]);
    let [old, new] = [
        body(BOTH),
        under(&locked, "bill(&o).await; ship(&o).await;"),
    ]
    .map(|found| {
        let rows = found.rows();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    });
    assert_eq!(old, new);
    refuses(
        &locked,
        "bill(&o).await; charge(&o).await; ship(&o).await;",
        &[("DW109", "the code has both")],
    );
}

#[test]
fn an_alias_keeps_the_scope_of_a_branch() {
    let locked = lock(&[
        ("join", "join", ""),
        (
            "charge",
            "step",
            "\"scope\":\"join.charge\",\"as\":\"bill\",",
        ),
        ("ship", "step", "\"scope\":\"join.ship\","),
    ]);
    let text = under(&locked, "join!(bill(&o), ship(&o));").text();
    // The branch's key is a part of its scope's identity.
    assert!(text.contains("\"charge\""), "{text}");
    let label = under(
        &lock(&[("race", "race", "")]),
        "race!(bill => charge(&o), ship(&o));",
    )
    .text();
    assert!(label.contains("\"bill\""), "{label}");
}

#[test]
fn a_broken_file_is_one_error() {
    for (text, rule) in [
        ("nonsense", "DW106"),
        ("{\"durable.lock\":9}", "DW107"),
        ("{\"durable.lock\":1}\n<<<<<<< HEAD", "DW108"),
    ] {
        refuses(text, BOTH, &[(rule, "lock file")]);
    }
    // The first workflow of the package that is expanded says so, and no other.
    named("nonsense", "another", BOTH).sound();
}

#[test]
fn a_mistake_in_the_workflow_comes_first() {
    let found = under(&both(), "charge(&o).await; charge(&o).await;").errors;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found.iter().all(|error| error.contains("DW016")));
}

#[test]
fn cargo_is_told_what_to_watch() {
    let with = under(&both(), BOTH).text();
    assert!(
        with.contains("include_bytes!(\"/package/durable.lock\")"),
        "{with}"
    );
    let without = body(BOTH).text();
    assert!(
        without.contains("option_env!(\"DURABLE_MANIFEST_DIR\")"),
        "{without}"
    );
    assert!(!without.contains("include_bytes"), "{without}");
}
