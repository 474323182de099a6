//! The manifest of a workflow: its control flow as data.

use durable_lock::Kind;
use durable_lock::manifest::{Manifest, Node, Site, sites};
use proc_macro2::TokenStream;

use super::tokens;
use crate::expand;
use crate::surroundings::Surroundings;

/// The manifest of a workflow with this body.
fn manifest(statements: &str) -> Manifest {
    let folder = tempfile::tempdir().unwrap();
    let mut surroundings = Surroundings::default();
    surroundings.manifests = Some(folder.path().to_owned());
    expand::workflow::expand_within(
        TokenStream::new(),
        tokens(&format!("async fn w() {{\n{statements}\n}}")),
        None,
        &surroundings,
    );
    let mut files = std::fs::read_dir(folder.path()).unwrap();
    let file = files.next().expect("a manifest is written").unwrap();
    assert!(files.next().is_none(), "one function has one manifest");
    Manifest::parse(&std::fs::read_to_string(file.path()).unwrap()).unwrap()
}

/// The body, each node in a word or two: what is inside others is in brackets.
fn outline(nodes: &[Node]) -> String {
    let site = |site: &Site| {
        let branches = site
            .branches
            .iter()
            .map(|arm| format!("{}: {}", arm.label, outline(&arm.body)));
        let inside: Vec<_> = branches
            .chain([outline(&site.body)])
            .filter(|text| !text.is_empty())
            .collect();
        let end = if site.can_end { "?" } else { "" };
        match inside.is_empty() {
            true => format!("{}{end}", site.key),
            false => format!("{}{end}[{}]", site.key, inside.join("; ")),
        }
    };
    let texts: Vec<_> = nodes
        .iter()
        .map(|node| match node {
            Node::Site(found) => site(found),
            Node::Decision { head, arms, .. } => {
                let arms: Vec<_> = arms
                    .iter()
                    .map(|arm| format!("{} => {}", arm.label, outline(&arm.body)))
                    .collect();
                format!("{head}[{}]", arms.join("; "))
            }
            Node::Loop { head, body, .. } => format!("{head}[{}]", outline(body)),
            Node::End { how, .. } => how.clone(),
            Node::Later { name, body, .. } => {
                format!("{}=[{}]", name.as_deref().unwrap_or("_"), outline(body))
            }
        })
        .collect();
    texts.join(", ")
}

#[track_caller]
fn draws(statements: &str, expected: &str) {
    assert_eq!(outline(manifest(statements).body()), expected);
}

#[test]
fn operations_come_in_the_order_in_which_they_run() {
    draws(
        "charge(fetch().await?).await?; ship().await;",
        "fetch?, charge?, ship",
    );
}

#[test]
fn decisions_have_their_arms() {
    draws(
        "if order.is_vip() { gift().await; } ship().await;",
        "if order.is_vip()[then => gift; else => ], ship",
    );
    draws(
        "match state { State::Paid { by } if x => return, _ => ship().await }",
        "match state[State::Paid { by } if x => return; _ => ship]",
    );
    draws("if a { 1 } else { 2 };", "");
}

#[test]
fn loops_have_their_heads() {
    draws(
        "for line in &order.lines { bill(line).await?; }",
        "for line in &order.lines[bill?]",
    );
    draws(
        "while left > 0 { work().await; if done { break; } }",
        "while left > 0[work]",
    );
    draws(
        "loop { if work().await { return; } }",
        "loop[work, if work().await[then => return; else => ]]",
    );
}

#[test]
fn combinators_have_their_branches() {
    draws(
        "let (a, b) = try_join!(reserve(&o), label => print(&o))?;",
        "try_join?[reserve: reserve; label: print]",
    );
    draws(
        "race!(done => wait.result(), late => async { sleep(d).await; remind().await });",
        "race[done: wait.result; late: sleep, remind]",
    );
    draws(
        "join!(both => join!(a(), b()), c());",
        "join[both: both[a: a; b: b]; c: c]",
    );
}

#[test]
fn closures_belong_to_what_they_are_passed_to() {
    draws(
        "let quotes = map(&items, |item| async move { quote(item).await }).concurrency(3).await?;",
        "map?[quote]",
    );
    draws(
        "child(\"audit\", || async { a().await; b().await }).await;",
        "audit[a, b]",
    );
    draws(
        "let work = map(&items, |item| async move { quote(item).await }); work.await;",
        "work=[quote], work",
    );
    draws(
        "let each = |i| async move { quote(i).await }; map(items, each).await;",
        "each=[quote], map",
    );
}

#[test]
fn an_operation_is_told_by_its_text() {
    let found = manifest(
        "sleep(Duration::from_hours(24)).await;
         charge(&o).retry(p).keyed(&o.id).await?;
         client.fetch(1).await;
         wait_for_callback(|id| ask(id)).timeout(days(3)).await?;
         step(\"inline\", || async { Ok(1) }).await?;
         audit(&o).flat().await?;
         for x in y { again(x).await?; }
         uuid();",
    );
    let facts: Vec<_> = sites(found.body())
        .into_iter()
        .map(|site| {
            (
                &*site.key,
                site.kind,
                &*site.callee,
                site.waits.as_deref(),
                site.keyed,
                site.flat,
                site.repeats,
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            (
                "sleep",
                Kind::Sleep,
                "sleep",
                Some("Duration::from_hours(24)"),
                false,
                false,
                false
            ),
            (
                "charge",
                Kind::Operation,
                "charge",
                None,
                true,
                false,
                false
            ),
            (
                "client.fetch",
                Kind::Operation,
                "fetch",
                None,
                false,
                false,
                false
            ),
            (
                "wait_for_callback",
                Kind::WaitForCallback,
                "wait_for_callback",
                Some("days(3)"),
                false,
                false,
                false
            ),
            ("inline", Kind::Step, "step", None, false, false, false),
            ("audit", Kind::Operation, "audit", None, false, true, false),
            ("again", Kind::Operation, "again", None, false, false, true),
            ("uuid", Kind::Value, "uuid", None, false, false, false),
        ]
    );
}

#[test]
fn scopes_are_named_from_the_outside_in() {
    let found = manifest(
        "try_join!(a(), all => map(items, |i| async move { join!(b(i), c(i)) }));
         let kept = || async { d().await };",
    );
    let scopes: Vec<_> = sites(found.body())
        .into_iter()
        .map(|site| (&*site.key, site.scope.join(" > ")))
        .collect();
    let expected = [
        ("try_join", ""),
        ("a", "try_join.a"),
        ("map", "try_join.all"),
        ("join", "try_join.all > map"),
        ("b", "try_join.all > map > join.b"),
        ("c", "try_join.all > map > join.c"),
        ("d", "?"),
    ];
    assert_eq!(scopes, expected.map(|(key, scope)| (key, scope.to_owned())));
}

#[test]
fn exceptions_come_with_their_reasons() {
    let found = manifest(
        "#[allow_durable(DW003, DW019, reason = \"a log line\")]\nprintln!(\"{:?}\", std::time::Instant::now());",
    );
    assert_eq!(found.exceptions.len(), 1);
    assert_eq!(found.exceptions[0].rules, ["DW003", "DW019"]);
    assert_eq!(found.exceptions[0].reason, "a log line");
}
