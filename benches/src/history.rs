//! An invocation's bytes, the same shape for each SDK with that SDK's own operation ids.

use serde_json::{Value, json};

use crate::result;

/// The execution that is measured. Its length matters: a call has it in its path, which is encoded and signed.
pub const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:bench:1/durable-execution/bench/0";

/// What a live run says of a step when it starts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The operation's id.
    pub id: String,
    /// Its SubType.
    pub sub_type: Option<String>,
}

impl Recorded {
    /// The steps that a checkpoint request's body starts.
    ///
    /// # Panics
    /// When the body is no checkpoint request.
    #[must_use]
    pub fn started_in(request: &[u8]) -> Vec<Self> {
        let request: Value = serde_json::from_slice(request).expect("a checkpoint request");
        let updates = request["Updates"].as_array().cloned().unwrap_or_default();
        updates
            .iter()
            .filter(|update| update["Action"] == "START")
            .map(|update| Self {
                id: update["Id"].as_str().expect("an id").to_owned(),
                sub_type: update["SubType"].as_str().map(str::to_owned),
            })
            .collect()
    }
}

/// The invocation that replays these steps, all succeeded.
///
/// # Panics
/// Never: the value is made here.
#[must_use]
pub fn invocation(steps: &[Recorded]) -> Vec<u8> {
    let payload = serde_json::to_string(&result()).expect("a string");
    let mut operations = vec![json!({
        "Id": "11111111-1111-1111-1111-111111111111",
        "Type": "EXECUTION",
        "Status": "STARTED",
        "StartTimestamp": 1_767_225_600_000_u64,
        "ExecutionDetails": {"InputPayload": steps.len().to_string()},
    })];
    operations.extend(steps.iter().map(|step| {
        let mut operation = json!({
            "Id": step.id,
            "Name": "work",
            "Type": "STEP",
            "StartTimestamp": 1_767_225_600_250_u64,
            "EndTimestamp": 1_767_225_600_500_u64,
            "Status": "SUCCEEDED",
            "StepDetails": {"Attempt": 1, "Result": payload},
        });
        if let Some(sub_type) = &step.sub_type {
            operation["SubType"] = json!(sub_type);
        }
        operation
    }));
    envelope(operations)
}

/// The first invocation of a workflow that is to run `n` steps.
#[must_use]
pub fn first_invocation(n: usize) -> Vec<u8> {
    envelope(vec![json!({
        "Id": "11111111-1111-1111-1111-111111111111",
        "Type": "EXECUTION",
        "Status": "STARTED",
        "StartTimestamp": 1_767_225_600_000_u64,
        "ExecutionDetails": {"InputPayload": n.to_string()},
    })])
}

fn envelope(operations: Vec<Value>) -> Vec<u8> {
    let envelope = json!({
        "DurableExecutionArn": ARN,
        "CheckpointToken": "token",
        "InitialExecutionState": {"Operations": operations, "NextMarker": ""},
    });
    serde_json::to_vec(&envelope).expect("a JSON value has a text")
}
