//! Arbitrary values: they round-trip, and have no member the model lacks.

use durable_runtime::wire::{
    CallbackDetails, CallbackOptions, ChainedInvokeDetails, ChainedInvokeOptions, ContextDetails,
    ContextOptions, ErrorObject, ExecutionDetails, InvocationInput, Operation, OperationAction,
    OperationStatus, OperationType, OperationUpdate, StatePage, StepDetails, StepOptions, SubType,
    Timestamp, WaitDetails, WaitOptions,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::model::{MODEL, Model};

fn timestamps() -> impl Strategy<Value = Timestamp> {
    (100_000_000_000..=4_000_000_000_000_i64).prop_map(Timestamp::from_millis)
}

fn errors() -> impl Strategy<Value = ErrorObject> {
    let text = || option::of(any::<String>());
    (text(), text(), text(), vec(any::<String>(), 0..3)).prop_map(
        |(error_type, error_message, error_data, stack_trace)| ErrorObject {
            error_type,
            error_message,
            error_data,
            stack_trace,
        },
    )
}

prop_compose! {
    fn details()(
        payload in option::of(any::<String>()),
        error in option::of(errors()),
        replay_children in option::of(any::<bool>()),
        attempt in any::<u32>(),
        at in option::of(timestamps()),
        which in 0..6,
    ) -> Operation {
        let mut operation =
            Operation::new("", OperationType::Step, OperationStatus::Started, Timestamp::default());
        match which {
            0 => operation.execution_details = Some(ExecutionDetails { input_payload: payload }),
            1 => operation.context_details =
                Some(Box::new(ContextDetails { replay_children, result: payload, error })),
            2 => operation.step_details =
                Some(StepDetails { attempt, next_attempt_timestamp: at, result: payload, error }),
            3 => operation.wait_details = Some(WaitDetails { scheduled_end_timestamp: at }),
            4 => operation.callback_details =
                Some(Box::new(CallbackDetails { callback_id: payload.clone(), result: payload, error })),
            _ => operation.chained_invoke_details =
                Some(Box::new(ChainedInvokeDetails { result: payload, error })),
        }
        operation
    }
}

prop_compose! {
    fn operations()(
        id in "[a-zA-Z0-9_-]{1,64}",
        parent_id in option::of("[a-f0-9]{32}"),
        name in option::of("[ -~]{1,40}"),
        sub_type in option::of("[a-zA-Z]{1,32}"),
        operation_type in select(OperationType::ALL),
        status in select(OperationStatus::ALL),
        start_timestamp in timestamps(),
        end_timestamp in option::of(timestamps()),
        details in details(),
    ) -> Operation {
        let (name, sub_type) = (name.map(Into::into), sub_type.map(SubType::from));
        Operation {
            id, parent_id, name, sub_type, operation_type, status, start_timestamp, end_timestamp, ..details
        }
    }
}

prop_compose! {
    fn updates()(
        like in operations(),
        action in select(OperationAction::ALL),
        payload in option::of(any::<String>()),
        error in option::of(errors()),
        replay_children in option::of(any::<bool>()),
        seconds in option::of(any::<u32>()),
        function in option::of(any::<String>()),
    ) -> OperationUpdate {
        OperationUpdate {
            parent_id: like.parent_id,
            name: like.name,
            sub_type: like.sub_type,
            payload,
            error,
            context_options: replay_children.map(|it| ContextOptions { replay_children: Some(it) }),
            step_options: seconds.map(|it| StepOptions { next_attempt_delay_seconds: Some(it) }),
            wait_options: seconds.map(|it| WaitOptions { wait_seconds: Some(it) }),
            callback_options: seconds.map(|it| CallbackOptions {
                timeout_seconds: Some(it), heartbeat_timeout_seconds: None,
            }),
            chained_invoke_options: function.map(|function_name| ChainedInvokeOptions {
                tenant_id: Some(function_name.clone()), function_name, x_amzn_trace_id: None,
            }),
            ..OperationUpdate::new(like.operation_type, action, like.id)
        }
    }
}

/// Every key of `value` is a member of the model's shape, and so on down.
fn has_no_other_members(model: &Model, shape: &str, value: &Value) -> Result<(), TestCaseError> {
    match value {
        Value::Object(object) => {
            let members: Map<String, Value> = model
                .members(shape)
                .into_iter()
                .map(|(k, s)| (k.to_owned(), json!(s)))
                .collect();
            for (key, value) in object {
                prop_assert!(members.contains_key(key), "{shape} has no {key}");
                has_no_other_members(model, members[key].as_str().unwrap(), value)?;
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| {
            let member = model.shape(shape)["member"]["shape"].as_str().unwrap();
            has_no_other_members(model, member, item)
        }),
        _ => Ok(()),
    }
}

proptest! {
    #[test]
    fn any_operation_round_trips(operation in operations()) {
        let value = serde_json::to_value(&operation).unwrap();
        has_no_other_members(&MODEL, "Operation", &value)?;
        prop_assert_eq!(serde_json::from_value::<Operation>(value).unwrap(), operation);
    }

    #[test]
    fn any_update_round_trips_and_knows_its_size(update in updates()) {
        let text = serde_json::to_string(&update).unwrap();
        prop_assert_eq!(update.json_len(), text.len());
        let value: Value = serde_json::from_str(&text).unwrap();
        has_no_other_members(&MODEL, "OperationUpdate", &value)?;
        prop_assert_eq!(serde_json::from_str::<OperationUpdate>(&text).unwrap(), update);
    }

    #[test]
    fn any_envelope_round_trips_with_its_times_in_milliseconds(
        operations in vec(operations(), 1..4),
        next_marker in option::of("[a-z0-9]{1,8}"),
        updated_operation_ids in vec("[a-f0-9]{32}", 0..3),
    ) {
        let started = operations[0].start_timestamp.as_millis();
        let input = InvocationInput {
            durable_execution_arn: "arn".into(),
            checkpoint_token: "token".into(),
            initial_execution_state: StatePage { operations, next_marker },
            updated_operation_ids,
        };
        let value = serde_json::to_value(&input).unwrap();
        let state = &value["InitialExecutionState"];
        has_no_other_members(&MODEL, "CheckpointUpdatedExecutionState", state)?;
        prop_assert_eq!(&state["Operations"][0]["StartTimestamp"], &json!(started));
        prop_assert_eq!(serde_json::from_value::<InvocationInput>(value).unwrap(), input);
    }

    #[test]
    fn no_document_makes_reading_panic(text in any::<String>(), number in any::<f64>()) {
        let _ = serde_json::from_str::<InvocationInput>(&text);
        let _ = serde_json::from_value::<Timestamp>(json!(text));
        let _ = serde_json::from_value::<Timestamp>(json!(number));
    }
}
