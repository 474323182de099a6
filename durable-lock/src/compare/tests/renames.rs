use super::*;

#[test]
fn something_alike_in_its_place_is_a_rename() {
    let lock = lock([entry("charge"), entry("ship"), entry("notify")]);
    found(
        &lock,
        &[
            step("charge_card"),
            step("ship"),
            step("notify"),
            step("archive"),
        ],
        &[("DW102", Some("charge_card"), "charge")],
    );
}

#[test]
fn the_only_thing_that_can_have_taken_its_place_is_a_rename_too() {
    let lock = lock([entry("charge"), entry("ship")]);
    found(
        &lock,
        &[step("bill"), step("ship")],
        &[("DW102", Some("bill"), "charge")],
    );
    // Of two, nobody can tell.
    found(
        &lock,
        &[step("bill"), step("audit"), step("ship")],
        &[("DW101", None, "charge")],
    );
    // A sleep is no step.
    found(
        &lock,
        &[place("sleep", Kind::Sleep), step("ship")],
        &[("DW101", None, "charge")],
    );
}

#[test]
fn two_renames_are_told_apart() {
    let lock = lock([entry("charge_card"), entry("send_mail")]);
    found(
        &lock,
        &[step("send_email"), step("charge_customer")],
        &[
            ("DW102", Some("send_email"), "send_mail"),
            ("DW102", Some("charge_customer"), "charge_card"),
        ],
    );
}

#[test]
fn the_same_call_under_another_name_is_a_rename() {
    let renamed = Place {
        callee: "charge".into(),
        ..step("fee")
    };
    found(
        &lock([entry("charge"), entry("ship")]),
        &[renamed, step("audit"), step("ship")],
        &[("DW102", Some("fee"), "charge")],
    );
}

#[test]
fn an_operation_has_one_new_name_and_a_place_one_old_one() {
    found(
        &lock([entry("charge"), entry("charge_it")]),
        &[step("charge_card")],
        &[
            ("DW102", Some("charge_card"), "charge"),
            ("DW101", None, "charge_it"),
        ],
    );
    found(
        &lock([entry("charge")]),
        &[step("charge_it"), step("charge_card")],
        &[("DW102", Some("charge_it"), "charge")],
    );
}

#[test]
fn keys_are_alike_by_their_letters_or_by_their_words() {
    let alike = |old: &str, new: &str| is_alike(&entry(old), &step(new));
    assert!(alike("charge", "charge_card"));
    assert!(alike("card_of_customer", "customer_card"));
    // One word of two.
    assert!(!alike("print_card", "card_refund"));
    // Words as short as this say nothing.
    assert!(!alike("is", "what_it_is"));
    assert!(!alike("charge", "ship"));
}

#[test]
fn the_way_out_of_a_renamed_child_names_its_function_too() {
    for kind in [Kind::Child, Kind::Helper] {
        let child = Entry {
            kind,
            ..entry("pack")
        };
        let help = Change::Renamed(child).help(false);
        assert!(help.contains("`name = \"..\"`"), "{help}");
    }
    let help = Change::Renamed(entry("pack")).help(false);
    assert!(!help.contains("`name = \"..\"`"), "{help}");
}

#[test]
fn exclusive_arms_are_one_operation() {
    let lock = lock([entry("charge")]);
    found(
        &lock,
        &[step("bill"), step("bill")],
        &[("DW102", Some("bill"), "charge")],
    );
}

#[test]
fn a_rename_in_a_branch_without_a_label_is_one() {
    let branch = |key: &str| format!("try_join.{key}");
    let lock = lock([
        Entry {
            scope: branch("charge"),
            ..entry("charge")
        },
        Entry {
            scope: branch("ship"),
            ..entry("ship")
        },
    ]);
    let places = ["charge_card", "ship"].map(|key| Place {
        scope: branch(key),
        in_branch: true,
        ..step(key)
    });
    found(&lock, &places, &[("DW102", Some("charge_card"), "charge")]);
    let help = compare(&lock, "fulfil", &places)[0].change.help(true);
    assert!(help.contains(".named(\"charge\")"), "{help}");
}

#[test]
fn a_rename_keeps_the_scope_around() {
    let locked = |scope: &str| {
        lock([Entry {
            scope: scope.into(),
            ..entry("charge")
        }])
    };
    let branch = |scope: &str| Place {
        scope: scope.into(),
        in_branch: true,
        ..step("charge_card")
    };
    let vanished = [("DW101", None, "charge")];
    // From the block around into a branch, from one closure into another, from one combinator to another.
    found(&locked(""), &[branch("join.charge_card")], &vanished);
    let other = Place {
        scope: "ship".into(),
        ..step("charge_card")
    };
    found(&locked("pack"), &[other], &vanished);
    found(
        &locked("join.charge"),
        &[branch("race.charge_card")],
        &vanished,
    );
    // The label has changed with it, and the scope is named after that.
    let labelled = Place {
        labelled: true,
        ..branch("join.charge_card")
    };
    found(&locked("join.charge"), &[labelled], &vanished);
}
