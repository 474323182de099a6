//! What is known of an execution's operations, and what of it the code has not reached.

use super::*;
use crate::replay::history::RecordIndex;
use crate::wire::SubType;

fn waiting(id: OperationId) -> Operation {
    Operation {
        operation_type: OperationType::Wait,
        status: OperationStatus::Started,
        ..operation(id)
    }
}

#[test]
fn a_record_is_open_until_it_is_reached() {
    let context = step("ship");
    let mut history = history([
        step("charge"),
        inside(&context, step("bill")),
        context.clone(),
    ]);
    let ship = Some(id_of(&context));
    assert_eq!((history.open_under(None), history.open_under(ship)), (2, 1));
    let charge = id_of(&step("charge"));
    for _ in 0..2 {
        assert_eq!(history.reach(&charge).unwrap().id, charge.to_string());
        assert_eq!(history.open_under(None), 1, "it counts once");
    }
    assert!(history.reach(&id_of(&step("last"))).is_none());

    history.rewind();
    assert_eq!((history.open_under(None), history.open_under(ship)), (2, 1));
    assert_eq!(history.len(), 3);
}

#[test]
fn the_unreached_are_found_by_scope_and_by_context() {
    let context = step("ship");
    let in_branch = step_in(&branch("left"), at("left"));
    let within = inside(&context, step("bill"));
    let all = [step("charge"), context.clone(), in_branch, within];
    let mut history = history(all);
    let left = crate::identity::tag(&branch("left"));
    let sites = |history: &History, found: Vec<RecordIndex>| -> Vec<&'static str> {
        let ids = found.into_iter().map(|at| history.record(at).unwrap().0);
        ids.map(|id| FLOW.places(id.site_tag()).next().unwrap().key)
            .collect()
    };
    let found = history.unreached_in_scope([0; 8]);
    assert_eq!(sites(&history, found), ["charge", "ship", "bill"]);
    let found = history.unreached_in_scope(left);
    assert_eq!(sites(&history, found), ["left"]);
    let found = history.unreached_under(Some(id_of(&context)));
    assert_eq!(sites(&history, found), ["bill"]);
    // What is reached since is no longer in it.
    history.reach(&id_of(&step("charge")));
    let found = history.unreached_under(None);
    assert_eq!(sites(&history, found), ["ship", "left"]);
    // And what was reached before never was.
    history.rewind();
    history.reach(&id_of(&context));
    let found = history.unreached_under(None);
    assert_eq!(sites(&history, found), ["charge", "left"]);
}

#[test]
fn the_records_of_retired_sites_count_as_reached() {
    let mut history = History::new([crate::identity::tag(&at("charge").id)].into());
    history.load(vec![step("charge"), step("ship"), step("last")]);
    assert_eq!(history.open_under(None), 2);
    history.retire(&[at("ship").id]);
    assert_eq!(history.open_under(None), 1);
    assert_eq!(history.unreached_under(None).len(), 1);
    history.retire(&[at("ship").id]);
    assert_eq!(history.open_under(None), 1, "it counts once");
    history.reach(&id_of(&step("last")));
    history.retire(&[at("last").id]);
    assert_eq!(history.open_under(None), 0);
    history.rewind();
    assert_eq!(history.open_under(None), 0);
    assert!(history.unreached_under(None).is_empty());
}

#[test]
fn what_is_new_in_an_answer_was_just_started_here() {
    let mut history = history([step("charge")]);
    let changed = Operation {
        status: OperationStatus::Failed,
        ..step("charge")
    };
    assert_eq!(history.merge(changed), Some(id_of(&step("charge"))));
    assert_eq!(history.merge(step("ship")), Some(id_of(&step("ship"))));
    assert_eq!((history.len(), history.open_under(None)), (2, 1));
    let charge = history.get(&id_of(&step("charge"))).unwrap();
    assert_eq!(charge.status, OperationStatus::Failed);
    history.get_mut(&id_of(&step("ship"))).unwrap().status = OperationStatus::Failed;
    let ship = history.get(&id_of(&step("ship"))).unwrap();
    assert_eq!(ship.status, OperationStatus::Failed);
    // What is no operation of ours is left alone.
    let foreign = Operation {
        id: "another-sdk".into(),
        ..step("last")
    };
    assert_eq!(history.merge(foreign.clone()), None);
    let execution = Operation {
        operation_type: OperationType::Execution,
        ..step("last")
    };
    history.load(vec![foreign, execution, step("charge")]);
    assert_eq!((history.len(), history.open_under(None)), (2, 1));
}

#[test]
fn only_open_waits_of_these_scopes_are_cancelled() {
    let named = Operation {
        name: Some("nap".into()),
        sub_type: Some(SubType::WAIT),
        ..waiting(id_of(&step("ship")))
    };
    let second = waiting(id_of(&step("charge")));
    let other = waiting(id_of(&step_in(&branch("left"), at("left"))));
    let started = Operation {
        status: OperationStatus::Started,
        ..step("last")
    };
    let mut history = history([named.clone(), second.clone(), other, started]);
    let open = |history: &History| history.open_waits_in(|scope| scope == [0; 8]);
    let found = open(&history);
    let ids: Vec<_> = found.iter().map(|update| &update.id).collect();
    assert_eq!(ids, [&second.id, &named.id], "in the order of their ids");
    assert_eq!(
        (&found[1].name, &found[1].sub_type),
        (&named.name, &named.sub_type)
    );
    history.merge(Operation {
        status: OperationStatus::Succeeded,
        ..second
    });
    assert_eq!(open(&history).len(), 1);
}

#[test]
fn what_is_open_or_asked_for_is_told_in_the_order_of_the_record() {
    let open = |key| Operation {
        status: OperationStatus::Started,
        ..step(key)
    };
    let mut history = history([step("ship"), open("charge"), open("bill"), step("last")]);
    history.reach(&id_of(&step("charge")));
    history.reach(&id_of(&step("ship")));
    let ids = |keys: &[&str]| -> Vec<_> { keys.iter().map(|key| id_of(&step(key))).collect() };
    let asked = |keys: &[&str]| ids(keys).into_iter().map(|id| (id, ())).collect();
    assert_eq!(history.open_or_in(&asked(&[])), ids(&["charge"]));
    assert_eq!(
        history.open_or_in(&asked(&["last", "charge"])),
        ids(&["charge", "last"])
    );
}
