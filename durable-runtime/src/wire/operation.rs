use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{ErrorObject, OperationStatus, OperationType, SubType, Timestamp, timestamp};

/// One recorded operation: what the service knows about it now.
///
/// Which of the `…_details` is there follows from [`operation_type`](Self::operation_type). Payloads are text the service
/// never looks into.
///
/// ```
/// use durable_runtime::wire::{Operation, OperationStatus};
///
/// let recorded: Operation = serde_json::from_str(
///     r#"{"Id":"a1","Type":"STEP","SubType":"Step","Name":"charge","Status":"SUCCEEDED","StartTimestamp":1767225600000,
///         "StepDetails":{"Attempt":1,"Result":"42"},"SomethingNew":true}"#,
/// ).unwrap();
/// assert_eq!(recorded.status, OperationStatus::Succeeded);
/// assert_eq!(recorded.result(), Some("42"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Operation {
    /// Its identity, unique in the execution.
    pub id: String,
    /// The context it belongs to; none at the top level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Its name for people. Up to 23 bytes, which most names have, are here without an allocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SmolStr>,
    /// What it is.
    #[serde(rename = "Type")]
    pub operation_type: OperationType,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<SubType>,
    /// When it was first started.
    pub start_timestamp: Timestamp,
    /// When it ended.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::optional"
    )]
    pub end_timestamp: Option<Timestamp>,
    /// Where it stands.
    pub status: OperationStatus,
    /// Of an EXECUTION.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_details: Option<ExecutionDetails>,
    /// Of a CONTEXT. Boxed, like the others that few operations have: there may be 100,000 operations in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_details: Option<Box<ContextDetails>>,
    /// Of a STEP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_details: Option<StepDetails>,
    /// Of a WAIT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_details: Option<WaitDetails>,
    /// Of a CALLBACK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_details: Option<Box<CallbackDetails>>,
    /// Of a CHAINED_INVOKE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chained_invoke_details: Option<Box<ChainedInvokeDetails>>,
}

impl Operation {
    /// An operation without name, parent, sub-type or details.
    pub fn new(
        id: impl Into<String>,
        operation_type: OperationType,
        status: OperationStatus,
        start_timestamp: Timestamp,
    ) -> Self {
        Self {
            id: id.into(),
            parent_id: None,
            name: None,
            operation_type,
            sub_type: None,
            start_timestamp,
            end_timestamp: None,
            status,
            execution_details: None,
            context_details: None,
            step_details: None,
            wait_details: None,
            callback_details: None,
            chained_invoke_details: None,
        }
    }

    /// The recorded result, whatever the operation's type; none when there is none or it was `null`.
    pub fn result(&self) -> Option<&str> {
        let step = self
            .step_details
            .as_ref()
            .and_then(|details| details.result.as_deref());
        let context = || {
            self.context_details
                .as_ref()
                .and_then(|details| details.result.as_deref())
        };
        let callback = || {
            self.callback_details
                .as_ref()
                .and_then(|details| details.result.as_deref())
        };
        let invoke = || {
            self.chained_invoke_details
                .as_ref()
                .and_then(|details| details.result.as_deref())
        };
        step.or_else(context).or_else(callback).or_else(invoke)
    }

    /// The recorded error, whatever the operation's type. A step that waits for its next attempt has one too.
    pub fn error(&self) -> Option<&ErrorObject> {
        let step = self
            .step_details
            .as_ref()
            .and_then(|details| details.error.as_ref());
        let context = || {
            self.context_details
                .as_ref()
                .and_then(|details| details.error.as_ref())
        };
        let callback = || {
            self.callback_details
                .as_ref()
                .and_then(|details| details.error.as_ref())
        };
        let invoke = || {
            self.chained_invoke_details
                .as_ref()
                .and_then(|details| details.error.as_ref())
        };
        step.or_else(context).or_else(callback).or_else(invoke)
    }

    /// How many attempts of a step have *finished*; a body that runs now is the attempt after these.
    pub fn finished_attempts(&self) -> u32 {
        self.step_details
            .as_ref()
            .map_or(0, |details| details.attempt)
    }

    /// Whether this context's result has to be rebuilt from its children.
    pub fn replay_children(&self) -> bool {
        self.context_details
            .as_ref()
            .is_some_and(|details| details.replay_children == Some(true))
    }
}

/// What an EXECUTION holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExecutionDetails {
    /// The execution's input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_payload: Option<String>,
}

/// What a CONTEXT holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContextDetails {
    /// The result is not in `result`: run the body again against the children, which the service therefore keeps sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_children: Option<bool>,
    /// The result, or a summary of it when it is rebuilt from the children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// What a STEP holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StepDetails {
    /// How many attempts have finished.
    #[serde(default)]
    pub attempt: u32,
    /// When the next attempt is due, while the step is PENDING.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::optional"
    )]
    pub next_attempt_timestamp: Option<Timestamp>,
    /// The result; of a polling step also its state between attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The error of the last attempt that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// What a WAIT holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WaitDetails {
    /// When it ends.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::optional"
    )]
    pub scheduled_end_timestamp: Option<Timestamp>,
}

/// What a CALLBACK holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallbackDetails {
    /// What the outside completes it by; the service chooses it when the callback starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_id: Option<String>,
    /// The result, byte for byte as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// What a CHAINED_INVOKE holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChainedInvokeDetails {
    /// What the function returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The function's error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}
