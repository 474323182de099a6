//! What the table says about where sites stand, and which of them may share a key.

use super::{body, reports};

/// `key loops branches floating` of each row.
fn places(statements: &str) -> Vec<String> {
    let rows = body(statements).rows().into_iter();
    rows.map(|row| {
        let floating = if row.floating { " floating" } else { "" };
        format!("{} {} {}{floating}", row.key, row.loops, row.branches)
    })
    .collect()
}

#[test]
fn rows_are_in_the_order_of_evaluation_and_say_their_line() {
    let rows = body("outer(inner().await).await;\n\nlast().await;").rows();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (&*row.key, &*row.order, &*row.slot, &*row.line))
        .collect();
    let expected = [
        ("inner", "0", "0", "2"),
        ("outer", "1", "1", "2"),
        ("last", "2", "2", "4"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn loops_are_numbered_and_nest() {
    let found = places(
        "for x in items().await { a().await; while b().await { c().await; } }
         loop { d().await; }",
    );
    let expected = [
        "items &[] &[]",
        "a &[0] &[]",
        "b &[0,1] &[]",
        "c &[0,1] &[]",
        "d &[2] &[]",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_closure_that_is_an_argument_starts_outside_of_all_loops() {
    let found = places(
        "loop {
             map(&xs, |x| async move { a().await; for y in x { b().await; } }).await;
             let f = || async { c().await };
         }",
    );
    let expected = [
        "a &[] &[]",
        "b &[1] &[]",
        "map &[0] &[]",
        "c &[0] &[] floating",
    ];
    assert_eq!(found, expected);
}

#[test]
fn branches_name_their_combinators_slot() {
    let found = places(
        "first().await;
         join!(a(), both => async { race!(b(), late => sleep(d)); c().await });",
    );
    let expected = [
        "first &[] &[]",
        "join &[] &[]",
        "a &[] &[(1,0)]",
        "join.both &[] &[(1,1)]",
        "race &[] &[(1,1)]",
        "b &[] &[(1,1),(4,0)]",
        "sleep &[] &[(1,1),(4,1)]",
        "c &[] &[(1,1)]",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_bound_floats_and_what_is_used_in_place_does_not() {
    let found = places(
        "let later = async { a().await };
         let pinned = Box::pin(async { b().await });
         let each = |x| async move { c().await };
         child(\"kid\", || async { d().await }).await;
         (|| async { e().await })().named(\"f\").await;
         run(async { g().await }).await;
         struct_of(S { field: async { h().await } }).await;",
    );
    let expected = [
        "a &[] &[] floating",
        "b &[] &[] floating",
        "c &[] &[] floating",
        "d &[] &[]",
        "kid &[] &[]",
        "e &[] &[]",
        "f &[] &[]",
        "g &[] &[]",
        "run &[] &[]",
        "h &[] &[] floating",
        "struct_of &[] &[]",
    ];
    assert_eq!(found, expected);
}

#[test]
fn sleeps_are_counted() {
    let found = body("sleep(a).await; sleep_until(b).await; tokio_sleep(c).await; sleep(d).await;");
    assert_eq!(
        found.keys(),
        ["sleep", "sleep_until", "tokio_sleep", "sleep#2"]
    );
    let named = body("sleep(a).named(\"rest\").await; sleep(b).named(\"rest\").await;");
    assert_eq!(named.keys(), ["rest", "rest#2"]);
}

#[test]
fn sleeps_in_exclusive_arms_are_counted_too() {
    let found = body("if x { sleep(a).await } else { sleep(b).await }");
    assert_eq!(found.keys(), ["sleep", "sleep#2"]);
}

#[test]
fn exclusive_arms_may_share_a_key() {
    for statements in [
        "if x { charge(1).await } else { charge(2).await }",
        "if x { charge(1).await } else if y { charge(2).await } else { charge(3).await }",
        "match x { A => charge(1).await, B => charge(2).await, _ => charge(3).await }",
        "match x { A => if y { charge(1).await } else { charge(2).await }, B => charge(3).await }",
        "if let Some(x) = x { for y in x { charge(1).await } } else { charge(2).await }",
    ] {
        let rows = body(statements).rows();
        assert!(rows.len() > 1);
        for row in &rows {
            assert_eq!((&*row.key, &*row.slot), ("charge", "0"), "{statements}");
            assert_eq!(row.id, rows[0].id);
        }
    }
    let both = body("if x { join!(a(), b()); } else { join!(a(), b()); }");
    assert_eq!(both.keys(), ["join", "a", "b", "join", "a", "b"]);
}

#[test]
fn other_sites_may_not() {
    for statements in [
        "charge(1).await; charge(2).await;",
        "if x { charge(1).await } charge(2).await",
        "if charge(1).await { charge(2).await }",
        "if x { charge(1).await } if y { charge(2).await }",
        "if x { charge(1).await } else { 2 }; match y { A => charge(3).await, _ => 4 }",
        "match x { A if charge(1).await => 1, B if charge(2).await => 2, _ => 3 }",
        "match x { A => { charge(1).await; charge(2).await } _ => 3 }",
        "let x = async { charge(1).await }; charge(2).await",
        "map(&xs, |x| async { charge(1).await }).await; charge(2).await",
        "join!(charge(1), charge(2));",
        "charge(1).await; fee(2).named(\"charge\").await;",
        "sleep(1).named(\"charge\").await; charge(2).await;",
    ] {
        let found = body(statements);
        reports(
            &found,
            &[(
                "DW016",
                "two operations of this workflow have the key `charge`",
            )],
        );
    }
}

#[test]
fn each_later_occurrence_is_reported_with_the_first_ones_line() {
    let found = body("charge(1).await;\ncharge(2).await;\ncharge(3).await;");
    reports(&found, &[("DW016", "`charge`"), ("DW016", "`charge`")]);
    assert!(
        found
            .errors
            .iter()
            .all(|error| error.ends_with("the other is on line 2"))
    );
}

#[test]
fn a_name_can_not_take_a_sleeps_ordinal() {
    let found = body("sleep(1).await; sleep(2).await; charge(3).named(\"sleep#2\").await;");
    reports(&found, &[("DW016", "`sleep#2`")]);
}

#[test]
fn closures_around_a_site_are_counted_and_what_makes_no_context_is_marked() {
    let rows = body(
        "a().await;
         map(&xs, |x| async move {
             b(x).await;
             child(\"c\", || async { d().await }).flat().await
         })
         .await;
         #[id(\"e\")] let _ = audit(x).flat().await;",
    )
    .rows();
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", row.key, row.closures, row.flat))
        .collect();
    assert_eq!(
        told,
        [
            "a 0 false",
            "b 1 false",
            "d 2 false",
            "c 1 true",
            "map 0 false",
            "e 0 true"
        ]
    );
}
