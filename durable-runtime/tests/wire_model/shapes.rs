//! Names, limits and leniency, one by one.

use std::{env, fs, path::Path};

use durable_runtime::wire::{
    CallbackDetails, CallbackOptions, ChainedInvokeDetails, ChainedInvokeOptions,
    CheckpointRequest, CheckpointResponse, ContextDetails, ContextOptions, ErrorObject,
    ExecutionDetails, Operation, OperationAction, OperationStatus, OperationType, OperationUpdate,
    StatePage, StepDetails, StepOptions, SubType, Timestamp, WaitDetails, WaitOptions, limits,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::model::{COPY, MODEL, Model};

/// Given every member the model has, all of them come back under the same name with the same value; without a required
/// one the type can't be read, without an optional one it can.
fn agrees<T: Serialize + DeserializeOwned>(model: &Model, shape: &str) {
    let full = model.full(shape);
    let read: T = serde_json::from_value(full.clone()).unwrap_or_else(|e| panic!("{shape}: {e}"));
    assert_eq!(
        serde_json::to_value(&read).unwrap(),
        full,
        "{shape}: written, right: the model"
    );

    let required = model.required(shape);
    for (member, _) in model.members(shape) {
        let mut partial = full.clone();
        partial.as_object_mut().unwrap().remove(member);
        let read = serde_json::from_value::<T>(partial.clone());
        if required.contains(member) {
            assert!(
                read.is_err(),
                "{shape} was read without its required {member}"
            );
        } else {
            let read = read.unwrap_or_else(|e| panic!("{shape} without {member}: {e}"));
            let written = serde_json::to_value(&read).unwrap();
            let defaults = ["Operations", "Attempt"].contains(&member);
            assert!(
                defaults || written == partial,
                "{shape} without {member} became {written}"
            );
        }
    }
}

#[test]
fn the_copy_of_the_model_is_the_original() {
    let beside = |folder: &Path| folder.join("shared/protocol/lambda-durable-api.json");
    let above = || {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .map(beside)
            .find(|it| it.exists())
    };
    let Some(original) = env::var_os("DURABLE_API_MODEL")
        .map(Into::into)
        .or_else(above)
    else {
        return; // a clone without it: the copy is all there is
    };
    let original = fs::read_to_string(&original).expect("the original can be read");
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        parsed(COPY),
        parsed(&original),
        "copy the original to tests/data again"
    );
}

#[test]
fn every_structure_has_the_models_members() {
    let model = &*MODEL;
    agrees::<Operation>(model, "Operation");
    agrees::<ExecutionDetails>(model, "ExecutionDetails");
    agrees::<ContextDetails>(model, "ContextDetails");
    agrees::<StepDetails>(model, "StepDetails");
    agrees::<WaitDetails>(model, "WaitDetails");
    agrees::<CallbackDetails>(model, "CallbackDetails");
    agrees::<ChainedInvokeDetails>(model, "ChainedInvokeDetails");
    agrees::<ErrorObject>(model, "ErrorObject");
    agrees::<OperationUpdate>(model, "OperationUpdate");
    agrees::<ContextOptions>(model, "ContextOptions");
    agrees::<StepOptions>(model, "StepOptions");
    agrees::<WaitOptions>(model, "WaitOptions");
    agrees::<CallbackOptions>(model, "CallbackOptions");
    agrees::<ChainedInvokeOptions>(model, "ChainedInvokeOptions");
    agrees::<CheckpointRequest>(model, "CheckpointDurableExecutionRequest");
    agrees::<CheckpointResponse>(model, "CheckpointDurableExecutionResponse");
    agrees::<StatePage>(model, "CheckpointUpdatedExecutionState");
}

#[test]
fn a_state_page_also_reads_the_answer_of_get_state() {
    let full = MODEL.full("GetDurableExecutionStateResponse");
    let page: StatePage = serde_json::from_value(full.clone()).unwrap();
    assert_eq!(serde_json::to_value(page).unwrap(), full);
}

#[test]
fn every_enum_has_exactly_the_models_values() {
    let model = &*MODEL;
    let values = |name| model.shape(name)["enum"].clone();
    assert_eq!(json!(OperationType::ALL), values("OperationType"));
    assert_eq!(json!(OperationStatus::ALL), values("OperationStatus"));
    assert_eq!(json!(OperationAction::ALL), values("OperationAction"));
}

#[test]
fn every_limit_is_the_models() {
    let model = &*MODEL;
    let max = |name| model.shape(name)["max"].as_u64().unwrap();
    let min = |name| model.shape(name)["min"].as_u64().unwrap();
    assert_eq!(limits::OPERATION_ID_MAX as u64, max("OperationId"));
    assert_eq!(limits::OPERATION_NAME_MAX as u64, max("OperationName"));
    assert_eq!(limits::SUB_TYPE_MAX as u64, max("OperationSubType"));
    assert_eq!(limits::WIRE_PAYLOAD_MAX as u64, max("OperationPayload"));
    assert_eq!(limits::WIRE_PAYLOAD_MAX as u64, max("OutputPayload"));
    assert_eq!(limits::INPUT_PAYLOAD_MAX as u64, max("InputPayload"));
    assert_eq!(
        u64::from(limits::WAIT_SECONDS_MIN),
        min("WaitOptionsWaitSecondsInteger")
    );
    assert_eq!(
        u64::from(limits::WAIT_SECONDS_MAX),
        max("WaitOptionsWaitSecondsInteger")
    );
    let delay = "StepOptionsNextAttemptDelaySecondsInteger";
    assert_eq!(u64::from(limits::RETRY_DELAY_SECONDS_MIN), min(delay));
    assert_eq!(u64::from(limits::RETRY_DELAY_SECONDS_MAX), max(delay));
    let callback = u64::from(limits::CALLBACK_TIMEOUT_SECONDS_MAX);
    assert_eq!(callback, max("CallbackOptionsTimeoutSecondsInteger"));
    assert_eq!(
        callback,
        max("CallbackOptionsHeartbeatTimeoutSecondsInteger")
    );
    assert_eq!(
        limits::CALLBACK_RESULT_MAX as u64,
        max("BinaryOperationPayload")
    );
    assert_eq!(limits::CALLBACK_ID_MAX as u64, max("CallbackId"));
    assert_eq!(
        limits::FUNCTION_NAME_MAX as u64,
        max("NamespacedFunctionName")
    );
    assert_eq!(limits::TENANT_ID_MAX as u64, max("TenantId"));
    assert_eq!(limits::TRACE_ID_MAX as u64, max("XAmznTraceId"));
    assert_eq!(limits::CLIENT_TOKEN_MAX as u64, max("ClientToken"));
    assert_eq!(limits::CHECKPOINT_TOKEN_MAX as u64, max("CheckpointToken"));
    assert_eq!(
        limits::EXECUTION_NAME_MAX as u64,
        max("DurableExecutionName")
    );
    assert_eq!(limits::EXECUTION_ARN_MAX as u64, max("DurableExecutionArn"));
    assert_eq!(
        u64::from(limits::EXECUTION_TIMEOUT_SECONDS_MAX),
        max("ExecutionTimeout")
    );
    assert_eq!(limits::STATE_PAGE_MAX as u64, max("ItemCount"));
}

#[test]
fn the_word_checks_are_the_models_patterns() {
    let model = &*MODEL;
    assert_eq!(model.shape("OperationId")["pattern"], "[a-zA-Z0-9-_]+");
    assert_eq!(model.shape("OperationSubType")["pattern"], "[a-zA-Z0-9-_]+");
    assert_eq!(
        model.shape("DurableExecutionName")["pattern"],
        "[a-zA-Z0-9-_]+"
    );
    assert_eq!(model.shape("OperationName")["pattern"], "[\\x20-\\x7E]+");
    for byte in 0..=u8::MAX {
        let text = char::from(byte).to_string();
        let word = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        assert_eq!(limits::is_operation_id(&text), word, "{text:?}");
        assert_eq!(
            limits::is_operation_name(&text),
            (0x20..=0x7e).contains(&byte),
            "{text:?}"
        );
    }
    assert!(!limits::is_operation_id("") && !limits::is_operation_name(""));
    assert!(limits::is_operation_id(&"a".repeat(64)) && !limits::is_operation_id(&"a".repeat(65)));
    assert!(limits::is_sub_type(&"a".repeat(32)) && !limits::is_sub_type(&"a".repeat(33)));
    assert!(
        limits::is_operation_name(&" ".repeat(256)) && !limits::is_operation_name(&" ".repeat(257))
    );
}

#[test]
fn every_sub_type_we_know_is_legal() {
    for sub_type in SubType::KNOWN {
        assert!(limits::is_sub_type(sub_type.as_str()), "{sub_type}");
        assert_eq!(&SubType::from(sub_type.as_str()), sub_type);
    }
}

#[test]
fn the_unknown_is_read_and_not_lost_where_it_matters() {
    let text = r#"{"Id":"a","Type":"QUANTUM","SubType":"Tunnel","Status":"SUPERPOSED","StartTimestamp":"soon",
        "EndTimestamp":{"in":["a",1]},"Extra":{"nested":[1,2]},"StepDetails":{"Attempt":0,"NextAttemptTimestamp":"later"}}"#;
    let operation: Operation = serde_json::from_str(text).unwrap();
    assert_eq!(operation.operation_type, OperationType::Unknown);
    assert_eq!(operation.status, OperationStatus::Unknown);
    assert_eq!(
        operation.sub_type.as_ref().map(SubType::as_str),
        Some("Tunnel")
    );
    assert_eq!(operation.start_timestamp, Timestamp::default());
    assert_eq!(operation.end_timestamp, None);
    assert_eq!(operation.step_details.unwrap().next_attempt_timestamp, None);
}

#[test]
fn timestamps_are_read_in_every_form_the_service_uses() {
    let read = |text: &str| serde_json::from_str::<Timestamp>(text).unwrap().as_millis();
    assert_eq!(read("1767225600"), 1_767_225_600_000);
    assert_eq!(read("1767225600.007"), 1_767_225_600_007);
    assert_eq!(read("1767225600007"), 1_767_225_600_007);
    assert_eq!(read("99999999999"), 99_999_999_999_000, "the last second");
    assert_eq!(
        read("100000000000"),
        100_000_000_000,
        "the first millisecond"
    );
    assert_eq!(
        read(r#""2026-01-01 00:00:00.007000+00:00""#),
        1_767_225_600_007
    );
    assert_eq!(read(r#""2026-01-01 00:00:00.007000Z""#), 1_767_225_600_007);
    assert_eq!(read(r#""2026-01-01T00:00:00Z""#), 1_767_225_600_000);
    for unreadable in [
        "null",
        "true",
        "[]",
        "{}",
        r#""""#,
        r#""yesterday""#,
        "1e300",
        "-1e300",
    ] {
        assert_eq!(read(unreadable), 0, "{unreadable}");
    }
}
