//! What a workflow is invoked with, and what it answers.

use serde::{Deserialize, Serialize, Serializer};

use super::{
    CallbackDetails, ChainedInvokeDetails, ContextDetails, ErrorObject, ExecutionDetails,
    Operation, OperationStatus, OperationType, StatePage, StepDetails, SubType, WaitDetails,
    lenient::null_as_default,
};

/// The event that invokes a durable function. Its timestamps are written as epoch milliseconds.
///
/// ```
/// use durable_runtime::wire::InvocationInput;
///
/// let input: InvocationInput = serde_json::from_str(
///     r#"{"DurableExecutionArn":"arn:…","CheckpointToken":"dG9rZW4=","InitialExecutionState":{"Operations":[
///         {"Id":"e1","Type":"EXECUTION","Status":"STARTED","StartTimestamp":1767225600000,
///          "ExecutionDetails":{"InputPayload":"{}"}}],"NextMarker":""}}"#,
/// ).unwrap();
/// assert_eq!(input.input_payload(), Some("{}"));
/// assert_eq!(input.initial_execution_state.next_marker, None);
/// assert!(serde_json::to_string(&input).unwrap().contains(r#""StartTimestamp":1767225600000"#));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InvocationInput {
    /// Which execution this is.
    pub durable_execution_arn: String,
    /// The token of the first checkpoint.
    pub checkpoint_token: String,
    /// The first page of what is recorded. When it isn't all, the rest is read page by page; the first page may be empty.
    #[serde(
        default,
        serialize_with = "page_in_millis",
        deserialize_with = "null_as_default"
    )]
    pub initial_execution_state: StatePage,
    /// Operations that changed since the workflow last suspended.
    #[serde(default, deserialize_with = "null_as_default")]
    pub updated_operation_ids: Vec<String>,
}

impl InvocationInput {
    /// The EXECUTION operation, when it is on the first page.
    pub fn execution(&self) -> Option<&Operation> {
        let operations = &self.initial_execution_state.operations;
        operations
            .iter()
            .find(|operation| operation.operation_type == OperationType::Execution)
    }

    /// The workflow's input, when the EXECUTION operation is on the first page and has one.
    pub fn input_payload(&self) -> Option<&str> {
        self.execution()?
            .execution_details
            .as_ref()?
            .input_payload
            .as_deref()
    }
}

/// How an invocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvocationStatus {
    /// The workflow returned.
    Succeeded,
    /// The workflow failed, for good.
    Failed,
    /// The workflow waits for something only the service can finish.
    Pending,
}

/// The answer of an invocation that ended in order. One that didn't (a crash, a lost connection) answers nothing.
///
/// ```
/// use durable_runtime::wire::InvocationOutput;
///
/// assert_eq!(serde_json::to_string(&InvocationOutput::pending()).unwrap(), r#"{"Status":"PENDING"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InvocationOutput {
    /// How it ended.
    pub status: InvocationStatus,
    /// The workflow's result; empty when it was checkpointed as EXECUTION SUCCEED because of its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The workflow's error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

impl InvocationOutput {
    /// The workflow returned this.
    pub fn succeeded(result: impl Into<String>) -> Self {
        Self {
            status: InvocationStatus::Succeeded,
            result: Some(result.into()),
            error: None,
        }
    }

    /// The workflow failed with this.
    pub fn failed(error: ErrorObject) -> Self {
        Self {
            status: InvocationStatus::Failed,
            result: None,
            error: Some(error),
        }
    }

    /// The workflow waits.
    pub fn pending() -> Self {
        Self {
            status: InvocationStatus::Pending,
            result: None,
            error: None,
        }
    }
}

fn page_in_millis<S: Serializer>(page: &StatePage, serializer: S) -> Result<S::Ok, S::Error> {
    PageInMillis {
        operations: page
            .operations
            .iter()
            .map(OperationInMillis::from)
            .collect(),
        next_marker: page.next_marker.as_deref(),
    }
    .serialize(serializer)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PageInMillis<'a> {
    operations: Vec<OperationInMillis<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<&'a str>,
}

/// [`Operation`] with milliseconds. Built by taking it apart field by field, so that a new member can't be forgotten here.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OperationInMillis<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "Type")]
    operation_type: OperationType,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_type: Option<&'a SubType>,
    start_timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_timestamp: Option<i64>,
    status: OperationStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_details: Option<&'a ExecutionDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_details: Option<&'a ContextDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_details: Option<StepInMillis<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_details: Option<WaitInMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_details: Option<&'a CallbackDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chained_invoke_details: Option<&'a ChainedInvokeDetails>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StepInMillis<'a> {
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorObject>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WaitInMillis {
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_end_timestamp: Option<i64>,
}

impl<'a> From<&'a Operation> for OperationInMillis<'a> {
    fn from(operation: &'a Operation) -> Self {
        let Operation {
            id,
            parent_id,
            name,
            operation_type,
            sub_type,
            start_timestamp,
            end_timestamp,
            status,
            execution_details,
            context_details,
            step_details,
            wait_details,
            callback_details,
            chained_invoke_details,
        } = operation;
        Self {
            id,
            parent_id: parent_id.as_deref(),
            name: name.as_deref(),
            operation_type: *operation_type,
            sub_type: sub_type.as_ref(),
            start_timestamp: start_timestamp.as_millis(),
            end_timestamp: end_timestamp.map(|moment| moment.as_millis()),
            status: *status,
            execution_details: execution_details.as_ref(),
            context_details: context_details.as_deref(),
            step_details: step_details.as_ref().map(StepInMillis::from),
            wait_details: wait_details.as_ref().map(WaitInMillis::from),
            callback_details: callback_details.as_deref(),
            chained_invoke_details: chained_invoke_details.as_deref(),
        }
    }
}

impl<'a> From<&'a StepDetails> for StepInMillis<'a> {
    fn from(
        StepDetails {
            attempt,
            next_attempt_timestamp,
            result,
            error,
        }: &'a StepDetails,
    ) -> Self {
        Self {
            attempt: *attempt,
            next_attempt_timestamp: next_attempt_timestamp.map(|moment| moment.as_millis()),
            result: result.as_deref(),
            error: error.as_ref(),
        }
    }
}

impl From<&WaitDetails> for WaitInMillis {
    fn from(
        WaitDetails {
            scheduled_end_timestamp,
        }: &WaitDetails,
    ) -> Self {
        Self {
            scheduled_end_timestamp: scheduled_end_timestamp.map(|moment| moment.as_millis()),
        }
    }
}
