//! What is divergence, and what the code may still come to.

use super::*;

/// What a new operation at the site of this key meets.
fn starts(key: &str, history: &mut History) -> Result<(), String> {
    check_new(history, &mut Scopes::new(&FLOW), ROOT, at(key)).map_err(|it| it.to_string())
}

#[track_caller]
fn diverges(key: &str, records: &[Operation]) -> String {
    starts(key, &mut history(records.to_vec())).expect_err("something was passed over")
}

#[track_caller]
fn fits(key: &str, records: &[Operation]) {
    assert_eq!(starts(key, &mut history(records.to_vec())), Ok(()));
}

#[test]
fn a_record_that_the_code_has_left_behind_is_divergence() {
    let message = diverges("last", &[step("charge")]);
    assert!(
        message.starts_with(
            "workflow `flow` starts the new operation `last` at flow.rs:18, but its history holds an operation that the code \
             should have reached before it: `charge` (flow.rs:10, SUCCEEDED). "
        ),
        "{message}"
    );
    let message = diverges("last", &[step("charge"), step("ship")]);
    assert!(
        message.contains("holds operations") && message.contains("SUCCEEDED), `ship` ("),
        "{message}"
    );
    let gone = operation(OperationId::derive(&ROOT_SCOPE, &[99; 16], "", 0));
    let message = diverges("charge", &[gone]);
    assert!(
        message.contains("`unnamed` (no longer in the code"),
        "{message}"
    );
}

#[test]
fn what_was_reached_or_comes_later_fits() {
    fits("charge", &[step("ship"), step("last")]);
    let mut history = history([step("charge"), step("ship")]);
    history.reach(&id_of(&step("charge"))).unwrap();
    assert!(starts("last", &mut history).is_err());
    history.reach(&id_of(&step("ship"))).unwrap();
    assert_eq!(starts("last", &mut history), Ok(()));
}

#[test]
fn another_key_at_the_same_site_is_not_later() {
    let keyed = operation(OperationId::derive(&ROOT_SCOPE, &at("ship").id, "\"a\"", 0));
    diverges("ship", &[keyed]);
}

#[test]
fn the_next_round_of_a_shared_loop_is_later() {
    fits("mail", &[step("bill")]);
    diverges("ship", &[step("charge")]);
    diverges("race", &[step("mail")]);
}

#[test]
fn what_is_kept_for_later_may_come_at_any_time() {
    fits("last", &[step("later")]);
}

#[test]
fn what_has_moved_into_a_branch_is_never_reached_around_it() {
    diverges("charge", &[step("left")]);
    let moved_out = step_in(&branch("left"), at("last"));
    diverges("charge", &[moved_out]);
}

#[test]
fn a_branch_that_was_never_opened_counts_as_its_combinator() {
    let left = step_in(&branch("left"), at("left"));
    fits("charge", std::slice::from_ref(&left));
    fits("race", std::slice::from_ref(&left));
    let message = diverges("last", std::slice::from_ref(&left));
    assert!(message.contains("`left` (flow.rs:15"), "{message}");
}

#[test]
fn what_an_opened_or_abandoned_branch_holds_is_its_own_matter() {
    let left = step_in(&branch("left"), at("left"));
    let mut scopes = Scopes::new(&FLOW);
    scopes.open_branch(ROOT, at("race"), 0, (0, "left"), false);
    let mut records = history([left.clone()]);
    assert_eq!(
        check_new(&mut records, &mut scopes, ROOT, at("last")),
        Ok(())
    );

    let mut scopes = Scopes::new(&FLOW);
    scopes.get_mut(ROOT).unwrap().decided.push(RACE);
    let mut records = history([left]);
    assert_eq!(
        check_new(&mut records, &mut scopes, ROOT, at("last")),
        Ok(())
    );
}

#[test]
fn in_a_branch_only_its_own_records_count_and_around_it_what_stands_there() {
    let unknown = step_in(&[7; 16], &site("gone", 98));
    let next_round = step_in(&branch("other"), at("left"));
    let mut scopes = Scopes::new(&FLOW);
    let left = scopes.open_branch(ROOT, at("race"), 0, (0, "left"), false);
    // The block around asks for those, and stands at the race.
    let mut records = history([next_round]);
    assert_eq!(
        check_new(&mut records, &mut scopes, left, at("left")),
        Ok(())
    );
    let mut records = history([unknown]);
    let message = check_new(&mut records, &mut scopes, left, at("left")).unwrap_err();
    assert!(message.to_string().contains("`race`"), "{message}");

    let mut records = history([step("charge")]);
    let message = check_new(&mut records, &mut scopes, left, at("left")).unwrap_err();
    assert!(
        message.to_string().contains("`race` at flow.rs:14"),
        "{message}"
    );
    let mut records = history([step_in(&branch("left"), at("charge"))]);
    let message = check_new(&mut records, &mut scopes, left, at("left")).unwrap_err();
    assert!(
        message.to_string().contains("`left` at flow.rs:15"),
        "{message}"
    );
}

#[test]
fn a_tag_alone_does_not_make_a_record_a_scopes_own() {
    let context = step("ship");
    let elsewhere = inside(&context, step("charge"));
    let message = diverges("last", &[context, elsewhere]);
    assert!(
        message.contains("`ship`") && !message.contains("`charge`"),
        "{message}"
    );
}

#[test]
fn nothing_new_starts_in_what_had_finished() {
    let mut scopes = Scopes::new(&FLOW);
    let left = scopes.open_branch(ROOT, at("race"), 0, (0, "left"), true);
    let error = check_new(&mut history([]), &mut scopes, left, at("left")).unwrap_err();
    assert!(error.to_string().contains("already finished"), "{error}");
    assert!(!scopes.get(ROOT).unwrap().live);
}

#[test]
fn replay_is_over_in_the_context_that_something_new_starts_in() {
    let mut scopes = Scopes::new(&FLOW);
    let left = scopes.open_branch(ROOT, at("race"), 0, (0, "left"), false);
    check_passed_over(&mut history([]), &scopes, left, at("left")).unwrap();
    assert!(!scopes.get(ROOT).unwrap().live);
    check_new(&mut history([]), &mut scopes, left, at("left")).unwrap();
    assert!(scopes.get(ROOT).unwrap().live);
    assert!(!scopes.get(left).unwrap().live);
}

/// What is left over when the scope returns.
fn left(scopes: &Scopes, at: ScopeIndex, records: &[Operation]) -> Vec<String> {
    let found = check_return(&mut history(records.to_vec()), scopes, at);
    found
        .iter()
        .filter_map(|it| it.split('`').nth(1).map(str::to_owned))
        .collect()
}

#[test]
fn what_nobody_reached_is_left_over_when_its_scope_returns() {
    let mut scopes = Scopes::new(&FLOW);
    let never_opened = step_in(&branch("right"), at("right"));
    let all = [step("charge"), step("last"), never_opened];
    assert_eq!(left(&scopes, ROOT, &all), ["charge", "last", "right"]);
    assert!(left(&scopes, ROOT, &[]).is_empty());

    // In a branch it is only what is tagged with that.
    let branch_scope = scopes.open_branch(ROOT, at("race"), 0, (0, "left"), false);
    let own = step_in(&branch("left"), at("left"));
    let all = [all.to_vec(), vec![own]].concat();
    assert_eq!(left(&scopes, branch_scope, &all), ["left"]);

    // So it is in a scope that shares its context with its neighbours.
    scopes.get_mut(ROOT).unwrap().flat = true;
    assert_eq!(left(&scopes, ROOT, &all), ["charge", "last"]);
    assert!(
        starts_flat(&mut scopes, &all[2..3]).is_ok(),
        "its neighbour's, perhaps"
    );
    assert!(starts_flat(&mut scopes, &all[..1]).is_err());
}

fn starts_flat(scopes: &mut Scopes, records: &[Operation]) -> Result<(), Divergence> {
    check_new(&mut history(records.to_vec()), scopes, ROOT, at("last"))
}

#[test]
fn what_a_helper_left_is_told_at_the_end_unless_somebody_else_may_have_left_it() {
    let helper = marked([5; 16]);
    let in_helper = step_in(&helper, &site("inside", 50));
    fits("last", std::slice::from_ref(&in_helper));
    let in_helper = [in_helper];
    let mut scopes = Scopes::new(&FLOW);
    assert_eq!(left(&scopes, ROOT, &in_helper), ["unnamed"]);
    scopes.get_mut(ROOT).unwrap().decided.push(77);
    assert!(left(&scopes, ROOT, &in_helper).is_empty());

    static RETIRED: Definition =
        Definition::__new("flow", "flow.rs", &SITES, 9, OnDivergence::Retry).__retired(&[[44; 16]]);
    let retired = Scopes::new(&RETIRED);
    assert!(left(&retired, ROOT, &in_helper).is_empty());
    let unmarked = [step_in(&[5; 16], &site("inside", 50))];
    assert_eq!(left(&retired, ROOT, &unmarked), ["unnamed"]);
}

#[test]
fn what_may_be_of_a_flat_child_is_asked_for_at_the_end() {
    static WITH_FLAT: [Site; 4] = [
        site("charge", 0),
        Site {
            flat: true,
            ..site("child", 1)
        },
        Site {
            closures: 1,
            ..site("in_closure", 2)
        },
        site("last", 3),
    ];
    static DEFINITION: Definition =
        Definition::__new("flat", "flat.rs", &WITH_FLAT, 4, OnDivergence::Retry);
    let starts = |site: &Site| {
        let record = step_in(&[9; 16], site);
        let mut scopes = Scopes::new(&DEFINITION);
        let late = check_return(&mut history([record.clone()]), &scopes, ROOT);
        assert_eq!(late.len(), 1, "{}", site.key);
        check_new(&mut history([record]), &mut scopes, ROOT, &WITH_FLAT[3])
    };
    assert!(starts(&WITH_FLAT[0]).is_err());
    assert_eq!(starts(&WITH_FLAT[1]), Ok(()));
    assert_eq!(starts(&WITH_FLAT[2]), Ok(()));
    // Of a workflow called flat, perhaps; in a table without a flat call it can't be.
    let gone = site("gone", 50);
    assert_eq!(starts(&gone), Ok(()));
    diverges("last", &[step_in(&[9; 16], &gone)]);
}

#[test]
fn only_the_items_that_nobody_comes_to_are_gone() {
    let mut scopes = Scopes::new(&FLOW);
    let place = scopes.place(ROOT, at("ship"), "").unwrap();
    let context = operation(place.id);
    let batch = scopes.open_batch(ROOT, at("ship"), "", place, false);
    let scope = scopes.get(batch).unwrap().id;
    let item = |index| ItemKey::Index(index).place(&scope, at("ship")).id;
    let items = [0, 1, 3].map(|index| inside(&context, operation(item(index))));
    let stray = operation(item(2));
    let mut records = history(items.into_iter().chain([context, stray]));
    records.reach(&place.id).unwrap();
    let expected = [item(0)].into();
    let gone = gone_items(&mut records, &scopes, batch, &expected);
    assert_eq!(gone, ["`ship` (flow.rs:11, SUCCEEDED)"; 2]);

    // Items run side by side: only what is gone for good was passed over.
    assert_eq!(
        check_passed_over(&mut records, &scopes, batch, at("ship")),
        Ok(())
    );
    scopes.get_mut(batch).unwrap().gone = Some(gone);
    assert!(check_passed_over(&mut records, &scopes, batch, at("ship")).is_err());
}
