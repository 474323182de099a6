//! What the same, another and a missing operation are; [`renames`] has what a renamed one is.

mod renames;

use super::*;

fn place(key: &str, kind: Kind) -> Place {
    Place {
        key: key.into(),
        kind,
        callee: key.into(),
        scope: String::new(),
        keyed: false,
        flat: false,
        in_branch: false,
        labelled: false,
    }
}

fn step(key: &str) -> Place {
    place(key, Kind::Step)
}

fn entry(key: &str) -> Entry {
    Entry {
        workflow: "fulfil".into(),
        key: key.into(),
        kind: Kind::Step,
        callee: key.into(),
        scope: String::new(),
        keyed: false,
        flat: false,
        mixed: false,
        alias: None,
        since: 1,
        retired: None,
    }
}

fn lock(entries: impl IntoIterator<Item = Entry>) -> Lock {
    let mut lock = Lock::default();
    for entry in entries {
        lock.insert(entry);
    }
    lock
}

/// The rules that are broken, with the place's and the locked operation's key.
#[track_caller]
fn found(lock: &Lock, places: &[Place], expected: &[(&str, Option<&str>, &str)]) {
    let problems = compare(lock, "fulfil", places);
    let found: Vec<_> = problems
        .iter()
        .map(|problem| {
            (
                problem.change.rule(),
                problem.place.map(|place| &*places[place].key),
                &*problem.change.entry().key,
            )
        })
        .collect();
    assert_eq!(found, expected);
    for problem in &problems {
        assert!(
            problem.change.help(false).contains('`'),
            "{:?}",
            problem.change
        );
        assert!(problem.change.to_string().contains('`'));
    }
}

#[test]
fn the_same_and_what_is_new_are_no_problem() {
    let lock = lock([entry("charge"), entry("ship")]);
    found(&lock, &[step("ship"), step("charge")], &[]);
    found(&lock, &[step("charge"), step("notify"), step("ship")], &[]);
}

#[test]
fn an_unknown_workflow_has_no_problems() {
    assert!(compare(&lock([entry("charge")]), "other", &[step("ship")]).is_empty());
}

#[test]
fn what_is_gone_has_vanished() {
    found(
        &lock([entry("charge"), entry("ship")]),
        &[step("charge")],
        &[("DW101", None, "ship")],
    );
}

#[test]
fn another_kind_is_another_operation() {
    let lock = lock([entry("charge")]);
    found(
        &lock,
        &[place("charge", Kind::Sleep)],
        &[("DW103", Some("charge"), "charge")],
    );
    found(&lock, &[place("charge", Kind::Operation)], &[]);
}

#[test]
fn a_join_that_becomes_fallible_is_none() {
    let joined = |kind| {
        lock([Entry {
            kind,
            ..entry("both")
        }])
    };
    found(&joined(Kind::Join), &[place("both", Kind::TryJoin)], &[]);
    found(
        &joined(Kind::TryJoin),
        &[place("both", Kind::Join)],
        &[("DW103", Some("both"), "both")],
    );
    // Nothing else fits so.
    found(
        &joined(Kind::Join),
        &[place("both", Kind::Race)],
        &[("DW103", Some("both"), "both")],
    );
    found(
        &joined(Kind::Race),
        &[place("both", Kind::TryJoin)],
        &[("DW103", Some("both"), "both")],
    );
}

#[test]
fn another_scope_is_another_identity() {
    let lock = lock([entry("charge")]);
    let moved = Place {
        scope: "try_join.charge".into(),
        ..step("charge")
    };
    found(
        &lock,
        std::slice::from_ref(&moved),
        &[("DW104", Some("charge"), "charge")],
    );
    let keyed = Place {
        keyed: true,
        ..step("charge")
    };
    found(&lock, &[keyed], &[("DW104", Some("charge"), "charge")]);
    let flat = Place {
        flat: true,
        ..step("charge")
    };
    found(&lock, &[flat], &[("DW104", Some("charge"), "charge")]);
    let kept = Place {
        scope: "?".into(),
        ..step("charge")
    };
    found(&lock, &[kept], &[]);
    let both = self::lock([Entry {
        scope: format!("{SCOPES}try_join.charge"),
        ..entry("charge")
    }]);
    found(&both, &[step("charge"), moved], &[]);
}

#[test]
fn a_retired_identity_is_not_free() {
    let lock = lock([Entry {
        retired: Some(2),
        ..entry("charge")
    }]);
    found(&lock, &[], &[]);
    found(
        &lock,
        &[step("charge")],
        &[("DW105", Some("charge"), "charge")],
    );
}

#[test]
fn an_alias_keeps_the_identity() {
    let lock = lock([Entry {
        alias: Some("bill".into()),
        ..entry("charge")
    }]);
    assert_eq!(lock.identity("fulfil", "bill"), "charge");
    assert_eq!(lock.identity("fulfil", "charge"), "charge");
    found(&lock, &[step("bill")], &[]);
    // Renamed back.
    found(&lock, &[step("charge")], &[]);
    found(
        &lock,
        &[step("bill"), step("charge")],
        &[("DW109", Some("charge"), "charge")],
    );
}

#[test]
fn values_are_nobodys_record() {
    found(&lock([]), &[place("uuid", Kind::Value)], &[]);
    // Not even of the operation that had this key.
    found(
        &lock([entry("uuid")]),
        &[place("uuid", Kind::Value)],
        &[("DW101", None, "uuid")],
    );
}

#[test]
fn a_name_that_is_offered_is_another() {
    assert_eq!(fresh("charge"), "charge-2");
    assert_eq!(fresh("charge-2"), "charge-3");
    assert_eq!(fresh("sleep#2"), "sleep#2-2");
}

#[test]
fn a_key_may_hold_what_separates_scopes() {
    let odd = part("read | write > ?");
    assert!(!odd.contains(SCOPES) && !odd.contains(INSIDE));
    let lock = lock([Entry {
        scope: odd.clone(),
        ..entry("charge")
    }]);
    found(
        &lock,
        &[Place {
            scope: odd,
            ..step("charge")
        }],
        &[],
    );
    found(
        &lock,
        &[step("charge")],
        &[("DW104", Some("charge"), "charge")],
    );
    let lock = self::lock([Entry {
        scope: part("?"),
        ..entry("charge")
    }]);
    found(
        &lock,
        &[step("charge")],
        &[("DW104", Some("charge"), "charge")],
    );
}

#[test]
fn ten_thousand_operations_are_compared_at_once() {
    let keys: Vec<String> = (0..10_000).map(|number| format!("step {number}")).collect();
    let lock = lock(keys.iter().map(|key| entry(key)));
    let places: Vec<_> = keys.iter().map(|key| step(key)).collect();
    let start = std::time::Instant::now();
    found(&lock, &places, &[]);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
