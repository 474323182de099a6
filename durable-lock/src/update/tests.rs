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
    let ship = back.lock.get("fulfil", "ship").unwrap();
    assert_eq!((ship.retired, ship.since), (None, 1));
}

#[test]
fn a_renamed_operation_that_is_retired_has_no_other_name() {
    let lock = update(
        &locked(&["charge", "ship"]),
        &[workflow(&["charge_card", "ship"])],
        &accept("fulfil/charge"),
    )
    .lock;
    let next = update(&lock, &[workflow(&["ship"])], &accept("fulfil/charge")).lock;
    let charge = next.get("fulfil", "charge").unwrap();
    assert_eq!((charge.retired, &charge.alias), (Some(2), &None));
    assert_eq!(Lock::parse(&next.to_text()), Ok(next));
}

#[test]
fn what_is_called_is_kept_up_to_date_where_nothing_is_open() {
    let lock = locked(&["charge"]);
    let mut now = workflow(&["charge"]);
    now.places[0].callee = "charge_card".into();
    let next = update(&lock, std::slice::from_ref(&now), &Decisions::default());
    assert!(
        matches!(&*next.written, [Written::Refreshed(entry)] if entry.callee == "charge_card"),
        "{next:?}"
    );
    now.places[0].kind = Kind::Sleep;
    let open = update(&lock, std::slice::from_ref(&now), &Decisions::default());
    assert_eq!(
        (open.written, open.lock, open.open.len()),
        (vec![], lock, 1)
    );

    now.places[0].kind = Kind::Step;
    let retired = update(&next.lock, &[workflow(&[])], &accept("fulfil/charge")).lock;
    now.places[0].callee = "bill".into();
    let open = update(&retired, &[now], &Decisions::default());
    assert_eq!(
        (open.written, open.lock, open.open.len()),
        (vec![], retired, 1)
    );
}

#[test]
fn a_value_is_not_locked() {
    let mut value = workflow(&["uuid"]);
    value.places[0].kind = Kind::Value;
    let next = update(&Lock::default(), &[value], &Decisions::default());
    assert_eq!((next.written, next.lock), (vec![], Lock::default()));
}

#[test]
fn how_an_operation_is_called_is_remembered_unless_its_arms_differ() {
    let mut called = workflow(&["charge", "ship", "ship"]);
    called.places[0].keyed = true;
    called.places[0].flat = true;
    called.places[1].keyed = true;
    called.places[1].flat = true;
    let lock = update(&Lock::default(), &[called], &Decisions::default()).lock;
    let of = |key: &str| {
        let entry = lock.get("fulfil", key).unwrap();
        (entry.keyed, entry.flat, entry.mixed, entry.kind)
    };
    assert_eq!(of("charge"), (true, true, false, Kind::Step));
    assert_eq!(of("ship"), (false, false, true, Kind::Operation));
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
fn a_branch_without_a_label_is_renamed_with_its_operation_and_no_other() {
    let joined = |key: &str| {
        let mut workflow = workflow(&[key, "ship"]);
        workflow.places[0].scope = format!("join.{key}");
        workflow.places[0].in_branch = true;
        workflow
    };
    let lock = update(&Lock::default(), &[joined("pack")], &Decisions::default()).lock;
    let next = update(&lock, &[joined("pack_all")], &accept("fulfil/pack"));
    assert!(next.open.is_empty(), "{:?}", next.open);

    // A branch with this label is not the operation's.
    let beside = |key: &str| {
        let mut workflow = workflow(&[key, "ship"]);
        workflow.places[1].scope = "join.pack_all".into();
        workflow
    };
    let lock = update(&Lock::default(), &[beside("pack")], &Decisions::default()).lock;
    let next = update(&lock, &[beside("pack_all")], &accept("fulfil/pack"));
    assert!(next.open.is_empty(), "{:?}", next.open);
}

#[test]
fn what_is_alike_is_accepted_with_all() {
    let all = Decisions {
        accept_all: true,
        ..Decisions::default()
    };
    let next = update(&locked(&["charge"]), &[workflow(&["charge_card"])], &all);
    assert!(next.open.is_empty(), "{:?}", next.open);
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
