use std::io;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{
    CallbackOptions, ChainedInvokeOptions, ContextOptions, ErrorObject, OperationAction,
    OperationType, StepOptions, SubType, WaitOptions,
};

/// One change to one operation, as a checkpoint carries it.
///
/// A constructor per action, then setters for what this operation says besides. The service wants every update of an
/// operation, completions included, to repeat its sub-type, and its name and parent when it has them.
///
/// ```
/// use durable_runtime::wire::{OperationType::Step, OperationUpdate, SubType};
///
/// let updates = [
///     OperationUpdate::start(Step, "a1").with_name("charge").with_sub_type(SubType::STEP),
///     OperationUpdate::succeed(Step, "a1").with_payload("42").with_name("charge").with_sub_type(SubType::STEP),
/// ];
/// assert_eq!(
///     serde_json::to_string(&updates[1]).unwrap(),
///     r#"{"Id":"a1","Name":"charge","Type":"STEP","SubType":"Step","Action":"SUCCEED","Payload":"42"}"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OperationUpdate {
    /// The operation it changes.
    pub id: String,
    /// The context the operation belongs to; none at the top level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The operation's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SmolStr>,
    /// What the operation is.
    #[serde(rename = "Type")]
    pub operation_type: OperationType,
    /// What the operation is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<SubType>,
    /// What is done to it.
    pub action: OperationAction,
    /// A result, a polling step's state, or the input of an invoked function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
    /// Of a CONTEXT SUCCEED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_options: Option<ContextOptions>,
    /// Of a STEP RETRY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_options: Option<StepOptions>,
    /// Of a WAIT START.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_options: Option<WaitOptions>,
    /// Of a CALLBACK START.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_options: Option<CallbackOptions>,
    /// Of a CHAINED_INVOKE START.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chained_invoke_options: Option<ChainedInvokeOptions>,
}

impl OperationUpdate {
    /// An update that says nothing but what it does to what.
    pub fn new(
        operation_type: OperationType,
        action: OperationAction,
        id: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            parent_id: None,
            name: None,
            operation_type,
            sub_type: None,
            action,
            payload: None,
            error: None,
            context_options: None,
            step_options: None,
            wait_options: None,
            callback_options: None,
            chained_invoke_options: None,
        }
    }

    /// Begins an operation, or the next attempt of a step.
    pub fn start(operation_type: OperationType, id: impl Into<String>) -> Self {
        Self::new(operation_type, OperationAction::Start, id)
    }

    /// Begins a wait of so many seconds, 1 to 31,622,400.
    pub fn start_wait(id: impl Into<String>, seconds: u32) -> Self {
        let mut update = Self::start(OperationType::Wait, id);
        update.wait_options = Some(WaitOptions {
            wait_seconds: Some(seconds),
        });
        update
    }

    /// Begins a callback; without [`with_callback_timeouts`](Self::with_callback_timeouts) it stays open for ever.
    pub fn start_callback(id: impl Into<String>) -> Self {
        Self::start(OperationType::Callback, id)
    }

    /// Has the service invoke a function, with the payload as its event.
    pub fn start_chained_invoke(id: impl Into<String>, function: impl Into<String>) -> Self {
        let mut update = Self::start(OperationType::ChainedInvoke, id);
        update.chained_invoke_options = Some(ChainedInvokeOptions {
            function_name: function.into(),
            ..ChainedInvokeOptions::default()
        });
        update
    }

    /// Finishes an operation; its result goes in [`with_payload`](Self::with_payload), and without one it is `null`.
    pub fn succeed(operation_type: OperationType, id: impl Into<String>) -> Self {
        Self::new(operation_type, OperationAction::Succeed, id)
    }

    /// Finishes an operation with an error.
    pub fn fail(operation_type: OperationType, id: impl Into<String>, error: ErrorObject) -> Self {
        let mut update = Self::new(operation_type, OperationAction::Fail, id);
        update.error = Some(error);
        update
    }

    /// Gives a wait or an invocation up.
    pub fn cancel(operation_type: OperationType, id: impl Into<String>) -> Self {
        Self::new(operation_type, OperationAction::Cancel, id)
    }

    /// Ends this attempt of a step in order and has another one later: polling, with the state so far.
    pub fn retry_with_payload(
        id: impl Into<String>,
        payload: impl Into<String>,
        delay_seconds: u32,
    ) -> Self {
        Self::retry(id, delay_seconds).with_payload(payload)
    }

    /// Ends this attempt of a step with an error and has another one later.
    pub fn retry_with_error(id: impl Into<String>, error: ErrorObject, delay_seconds: u32) -> Self {
        let mut update = Self::retry(id, delay_seconds);
        update.error = Some(error);
        update
    }

    fn retry(id: impl Into<String>, delay_seconds: u32) -> Self {
        let mut update = Self::new(OperationType::Step, OperationAction::Retry, id);
        update.step_options = Some(StepOptions {
            next_attempt_delay_seconds: Some(delay_seconds),
        });
        update
    }

    /// The operation's name for people: 1 to 256 of printable ASCII.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<SmolStr>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The context the operation belongs to.
    #[must_use]
    pub fn with_parent(mut self, parent_id: impl Into<String>) -> Self {
        self.parent_id = Some(parent_id.into());
        self
    }

    /// What the operation is for.
    #[must_use]
    pub fn with_sub_type(mut self, sub_type: impl Into<SubType>) -> Self {
        self.sub_type = Some(sub_type.into());
        self
    }

    /// A result, a polling step's state, or the input of an invoked function.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<String>) -> Self {
        self.payload = Some(payload.into());
        self
    }

    /// The result of this context is rebuilt from its children; the payload is at most a summary.
    #[must_use]
    pub fn with_replay_children(mut self) -> Self {
        self.context_options = Some(ContextOptions {
            replay_children: Some(true),
        });
        self
    }

    /// When a callback times out, and how long it may go without a heartbeat; zero: never.
    #[must_use]
    pub fn with_callback_timeouts(mut self, timeout_seconds: u32, heartbeat_seconds: u32) -> Self {
        let on = |seconds| (seconds > 0).then_some(seconds);
        self.callback_options = Some(CallbackOptions {
            timeout_seconds: on(timeout_seconds),
            heartbeat_timeout_seconds: on(heartbeat_seconds),
        });
        self
    }

    /// The tenant to invoke a function for.
    #[must_use]
    pub fn with_tenant(mut self, tenant_id: impl Into<String>) -> Self {
        self.chained_invoke_options
            .get_or_insert_default()
            .tenant_id = Some(tenant_id.into());
        self
    }

    /// How many bytes this update takes in a request, escapes included: what batches are filled by
    /// (see [`BATCH_BYTES_MAX`](super::limits::BATCH_BYTES_MAX)). Reads the payload once and allocates nothing.
    ///
    /// ```
    /// use durable_runtime::wire::{OperationType, OperationUpdate};
    ///
    /// let update = OperationUpdate::succeed(OperationType::Step, "a1").with_payload("\"quoted\"");
    /// assert_eq!(update.json_len(), serde_json::to_string(&update).unwrap().len());
    /// ```
    pub fn json_len(&self) -> usize {
        let mut counter = Counter(0);
        // Neither a counter nor the strings and numbers of an update can fail to be written.
        let _ = serde_json::to_writer(&mut counter, self);
        counter.0
    }
}

/// Counts what is written to it.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
