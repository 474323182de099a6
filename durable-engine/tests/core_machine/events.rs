//! Event shapes against the service's own model.

use std::collections::BTreeSet;

use durable_engine::core::{Event, EventDetails, ExecutionStatus};
use serde_json::{Map, Value, json};

const MODEL: &str = include_str!("../../../durable-runtime/tests/data/lambda-durable-api.json");

/// A value of a shape with every member there is, or with the required ones only.
fn value(shapes: &Value, name: &str, all: bool) -> Value {
    let shape = &shapes[name];
    match shape["type"].as_str().unwrap() {
        "structure" => {
            let required: BTreeSet<_> = shape["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let members = shape["members"].as_object().unwrap().iter();
            let members = members.filter(|(key, _)| all || required.contains(key.as_str()));
            let value = |of: &Value| value(shapes, of["shape"].as_str().unwrap(), all);
            members
                .map(|(key, member)| (key.clone(), value(member)))
                .collect::<Map<_, _>>()
                .into()
        }
        "list" => json!([value(
            shapes,
            shape["member"]["shape"].as_str().unwrap(),
            all
        )]),
        "timestamp" => json!(1_767_225_600.25),
        "integer" => json!(7),
        "boolean" => json!(true),
        _ => json!(format!("a {name}")),
    }
}

#[test]
fn there_is_a_kind_of_event_for_each_of_the_models() {
    let model: Value = serde_json::from_str(MODEL).unwrap();
    let theirs: BTreeSet<_> = model["shapes"]["EventType"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(
        EventDetails::TYPES.iter().copied().collect::<BTreeSet<_>>(),
        theirs
    );
}

#[test]
fn every_kind_of_event_has_the_models_members() {
    let shapes = &serde_json::from_str::<Value>(MODEL).unwrap()["shapes"];
    for event_type in EventDetails::TYPES {
        let details = format!("{event_type}Details");
        let full = json!({
            "EventId": 7, "EventTimestamp": 1_767_225_600.25, "EventType": event_type,
            "Id": "a", "ParentId": "b", "Name": "c", "SubType": "d",
            &details: value(shapes, &details, true),
        });
        let event: Event =
            serde_json::from_value(full.clone()).unwrap_or_else(|e| panic!("{full}: {e}"));
        assert_eq!(event.event_type(), *event_type);
        assert_eq!(serde_json::to_value(&event).unwrap(), full);

        let least = json!({
            "EventId": 7, "EventTimestamp": 1, &details: value(shapes, &details, false),
        });
        serde_json::from_value::<Event>(least).unwrap_or_else(|e| panic!("{event_type}: {e}"));
        let required = shapes[&details]["required"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for member in required {
            let mut partial = full.clone();
            partial[&details]
                .as_object_mut()
                .unwrap()
                .remove(member.as_str().unwrap());
            assert!(
                serde_json::from_value::<Event>(partial).is_err(),
                "{event_type} without {member}"
            );
        }
    }
}

/// Takes every payload out of an event's JSON, and says whether there was any.
fn take_payloads(value: &mut Value) -> bool {
    let Some(members) = value.as_object_mut() else {
        return false;
    };
    let taken = members.remove("Payload").is_some() | members.remove("Reason").is_some();
    members
        .values_mut()
        .fold(taken, |taken, member| taken | take_payloads(member))
}

#[test]
fn an_event_without_its_data_has_no_payload_and_all_else() {
    let shapes = &serde_json::from_str::<Value>(MODEL).unwrap()["shapes"];
    let mut bare = BTreeSet::new();
    for event_type in EventDetails::TYPES {
        let details = format!("{event_type}Details");
        let mut json = json!({
            "EventId": 7, "EventTimestamp": 1_767_225_600.0, "EventType": event_type,
            &details: value(shapes, &details, true),
        });
        let mut event: Event = serde_json::from_value(json.clone()).unwrap();
        if !take_payloads(&mut json) {
            bare.insert(*event_type);
        }
        event.details.without_data();
        assert_eq!(serde_json::to_value(&event).unwrap(), json);
    }
    let without = [
        "CallbackStarted",
        "ContextStarted",
        "StepStarted",
        "WaitStarted",
        "WaitSucceeded",
    ];
    assert_eq!(bare, without.into());
}

#[test]
fn an_execution_has_the_models_statuses() {
    let model: Value = serde_json::from_str(MODEL).unwrap();
    for status in model["shapes"]["ExecutionStatus"]["enum"]
        .as_array()
        .unwrap()
    {
        let ours: ExecutionStatus = serde_json::from_value(status.clone()).unwrap();
        assert_eq!(ours.as_str(), status);
        assert_eq!(&serde_json::to_value(ours).unwrap(), status);
    }
}
