//! The two calls a running workflow makes.

use serde::{Deserialize, Serialize};

use super::{
    Operation, OperationUpdate,
    lenient::{empty_as_none, null_as_default},
};

/// The body of a checkpoint: POST `/2025-12-01/durable-executions/{arn}/checkpoint`. The execution's ARN is in the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CheckpointRequest {
    /// The token of the invocation, or of its last checkpoint. Each is good for one call.
    pub checkpoint_token: String,
    /// What changed, in order; may be empty, to learn what happened meanwhile.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub updates: Vec<OperationUpdate>,
    /// Makes a repetition of this very call safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
}

/// The answer to a checkpoint.
///
/// ```
/// use durable_runtime::wire::CheckpointResponse;
///
/// let ended: CheckpointResponse = serde_json::from_str(r#"{"NewExecutionState":{}}"#).unwrap();
/// assert!(ended.checkpoint_token.is_none(), "this invocation may write no more");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CheckpointResponse {
    /// The token of the next call. None: this invocation may write no more.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "empty_as_none"
    )]
    pub checkpoint_token: Option<String>,
    /// Everything that changed since the last call, this call's own updates included.
    pub new_execution_state: StatePage,
}

/// A page of operations: part of a checkpoint's answer, of the invocation envelope, and the answer to
/// GET `/2025-12-01/durable-executions/{arn}/state`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StatePage {
    /// The operations, in the order in which they were started.
    #[serde(default, deserialize_with = "null_as_default")]
    pub operations: Vec<Operation>,
    /// Where the next page begins; none on the last one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "empty_as_none"
    )]
    pub next_marker: Option<String>,
}
