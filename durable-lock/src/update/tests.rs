use super::*;

fn place(key: &str) -> Place {
    Place {
        key: key.into(),
        kind: Kind::Step,
        callee: key.into(),
        scope: String::new(),
        keyed: false,
        flat: false,
        in_branch: false,
        labelled: false,
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
fn a_kind_stays_what_it_is_so_that_a_wrong_guess_can_be_taken_back_by_hand() {
    let mut vague = workflow(&["charge"]);
    vague.places[0].kind = Kind::Operation;
    let lock = update(&Lock::default(), &[vague], &Decisions::default()).lock;
    let next = update(&lock, &[workflow(&["charge"])], &Decisions::default());
    assert!(next.written.is_empty() && next.open.is_empty());
}

#[test]
fn exclusive_arms_may_differ_in_everything_but_their_scope() {
    for differ in [
        |place: &mut Place| place.kind = Kind::Sleep,
        |place: &mut Place| place.keyed = true,
        |place: &mut Place| place.flat = true,
    ] {
        for number in [0, 1] {
            let mut both = workflow(&["charge", "charge"]);
            differ(&mut both.places[number]);
            let lock = update(&Lock::default(), &[both.clone()], &Decisions::default()).lock;
            let next = update(&lock, &[both], &Decisions::default());
            assert!(next.written.is_empty() && next.open.is_empty(), "{next:?}");
        }
    }
}

#[test]
fn what_is_inside_a_renamed_operation_goes_with_it() {
    let inside = |name: &str| {
        let mut workflow = workflow(&[name, "charge", "ship"]);
        workflow.places[0].kind = Kind::Child;
        workflow.places[1].scope = name.into();
        workflow.places[2].scope = format!("{name} > join.ship");
        workflow
    };
    let lock = update(&Lock::default(), &[inside("pack")], &Decisions::default()).lock;
    let next = update(&lock, &[inside("pack_all")], &accept("fulfil/pack"));
    assert!(next.open.is_empty(), "{:?}", next.open);
    assert!(
        matches!(&*next.written, [Written::Aliased(_)]),
        "{:?}",
        next.written
    );
    assert!(
        update(&next.lock, &[inside("pack")], &Decisions::default())
            .open
            .is_empty()
    );
}

#[test]
fn what_only_its_place_speaks_for_is_accepted_by_name_only() {
    let lock = locked(&["stamp", "ship"]);
    let now = [workflow(&["notify", "ship"])];
    let all = Decisions {
        accept_all: true,
        ..Decisions::default()
    };
    assert_eq!(update(&lock, &now, &all).open.len(), 1);
    let named = update(&lock, &now, &accept("fulfil/stamp"));
    assert_eq!(
        named.lock.get("fulfil", "stamp").unwrap().alias.as_deref(),
        Some("notify")
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
