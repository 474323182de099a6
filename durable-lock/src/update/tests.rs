use super::*;

fn place(key: &str) -> Place {
    Place {
        key: key.into(),
        kind: Kind::Step,
        callee: key.into(),
        scope: String::new(),
        keyed: false,
        flat: false,
    }
}

fn workflow(keys: &[&str]) -> Workflow {
    Workflow {
        name: "fulfil".into(),
        places: keys.iter().map(|key| place(key)).collect(),
    }
}

fn locked(keys: &[&str]) -> Lock {
    let first = update(&Lock::default(), &[workflow(keys)], &Decisions::default());
    assert!(first.open.is_empty());
    first.lock
}

fn accept(path: &str) -> Decisions {
    Decisions {
        accept: [path.to_owned()].into(),
        ..Decisions::default()
    }
}

#[test]
fn the_first_revision_has_everything() {
    let lock = locked(&["charge", "ship"]);
    assert_eq!(
        lock.entries().map(Entry::path).collect::<Vec<_>>(),
        ["fulfil/charge", "fulfil/ship"]
    );
    assert_eq!(lock.revision(), 1);
}

#[test]
fn nothing_changes_when_nothing_changed() {
    let lock = locked(&["charge", "ship"]);
    let next = update(
        &lock,
        &[workflow(&["ship", "charge"])],
        &Decisions::default(),
    );
    assert_eq!((next.lock, next.written, next.open), (lock, vec![], vec![]));
}

#[test]
fn what_is_new_is_added_in_a_new_revision() {
    let next = update(
        &locked(&["charge"]),
        &[workflow(&["charge", "ship"])],
        &Decisions::default(),
    );
    assert!(
        matches!(&*next.written, [Written::Added(entry)] if entry.key == "ship" && entry.since == 2)
    );
}

#[test]
fn what_is_gone_waits_for_a_decision() {
    let lock = locked(&["charge", "ship", "notify"]);
    let now = [workflow(&["charge", "notify"])];
    let undecided = update(&lock, &now, &Decisions::default());
    assert!(matches!(&*undecided.open, [Open::Operation { .. }]));
    assert_eq!(undecided.lock, lock);
    let decided = update(&lock, &now, &accept("fulfil/ship"));
    assert!(decided.open.is_empty());
    assert_eq!(decided.lock.get("fulfil", "ship").unwrap().retired, Some(2));
    let again = update(&decided.lock, &now, &Decisions::default());
    assert!(again.open.is_empty() && again.written.is_empty());
}

#[test]
fn a_rename_becomes_an_alias_or_is_retired() {
    let lock = locked(&["charge", "ship"]);
    let now = [workflow(&["charge_card", "ship"])];
    assert_eq!(update(&lock, &now, &Decisions::default()).open.len(), 1);
    let aliased = update(&lock, &now, &accept("fulfil/charge"));
    assert_eq!(
        aliased
            .lock
            .get("fulfil", "charge")
            .unwrap()
            .alias
            .as_deref(),
        Some("charge_card")
    );
    assert!(aliased.lock.get("fulfil", "charge_card").is_none());
    let retire = Decisions {
        retire: ["fulfil/charge".to_owned()].into(),
        ..Decisions::default()
    };
    let retired = update(&lock, &now, &retire);
    assert_eq!(
        retired.lock.get("fulfil", "charge").unwrap().retired,
        Some(2)
    );
    assert_eq!(retired.lock.get("fulfil", "charge_card").unwrap().since, 2);
}

#[test]
fn an_alias_goes_when_the_old_name_is_back() {
    let lock = update(
        &locked(&["charge"]),
        &[workflow(&["charge_card"])],
        &accept("fulfil/charge"),
    )
    .lock;
    let back = update(&lock, &[workflow(&["charge"])], &Decisions::default());
    assert!(back.open.is_empty());
    assert_eq!(back.lock.get("fulfil", "charge").unwrap().alias, None);
}

#[test]
fn what_was_retired_can_come_back() {
    let lock = update(
        &locked(&["charge", "ship"]),
        &[workflow(&["charge"])],
        &accept("fulfil/ship"),
    )
    .lock;
    let now = [workflow(&["charge", "ship"])];
    assert_eq!(update(&lock, &now, &Decisions::default()).open.len(), 1);
    let back = update(&lock, &now, &accept("fulfil/ship"));
    assert_eq!(back.lock.get("fulfil", "ship").unwrap().retired, None);
}

#[test]
fn another_kind_and_another_scope_are_never_accepted() {
    let lock = locked(&["charge"]);
    let all = Decisions {
        accept_all: true,
        ..Decisions::default()
    };
    let mut slept = workflow(&["charge"]);
    slept.places[0].kind = Kind::Sleep;
    assert_eq!(update(&lock, &[slept], &all).open.len(), 1);
    let mut moved = workflow(&["charge"]);
    moved.places[0].scope = "join.charge".into();
    assert_eq!(
        update(&lock, std::slice::from_ref(&moved), &all).open.len(),
        1
    );
    let reset = Decisions {
        reset: ["fulfil".to_owned()].into(),
        ..Decisions::default()
    };
    assert!(update(&lock, &[moved], &reset).open.is_empty());
}

#[test]
fn a_workflow_that_is_gone_waits_for_a_decision() {
    let lock = locked(&["charge"]);
    let renamed = Workflow {
        name: "fulfill".into(),
        places: vec![place("charge")],
    };
    let open = update(&lock, std::slice::from_ref(&renamed), &Decisions::default()).open;
    assert_eq!(
        open,
        [Open::Workflow {
            name: "fulfil".into(),
            instead: Some("fulfill".into())
        }]
    );
    assert!(update(&lock, &[renamed], &accept("fulfil")).open.is_empty());
}

#[test]
fn a_kind_that_nobody_knew_is_filled_in() {
    let mut vague = workflow(&["charge"]);
    vague.places[0].kind = Kind::Operation;
    let lock = update(&Lock::default(), &[vague], &Decisions::default()).lock;
    let next = update(&lock, &[workflow(&["charge"])], &Decisions::default());
    assert!(
        matches!(&*next.written, [Written::Refreshed(entry)] if entry.kind == Kind::Step && entry.since == 1)
    );
}

#[test]
fn exclusive_arms_are_one_line() {
    let mut both = workflow(&["charge", "charge"]);
    both.places[1].scope = "join.charge".into();
    let lock = update(&Lock::default(), &[both.clone()], &Decisions::default()).lock;
    assert_eq!(lock.entries().count(), 1);
    assert!(
        update(&lock, &[both], &Decisions::default())
            .written
            .is_empty()
    );
}
