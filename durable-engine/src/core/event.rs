//! The history of an execution: one event per change of state, in the service's own shape.

use durable_runtime::wire::{ErrorObject, Operation, SubType, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use smol_str::SmolStr;

/// One event of an execution's history.
///
/// ```
/// use durable_engine::core::{Event, EventDetails, EventResult, RetryDetails};
/// use durable_runtime::wire::Timestamp;
///
/// let event = Event {
///     event_id: 3,
///     event_timestamp: Timestamp::from_millis(1_767_225_600_000),
///     id: Some("a1".into()),
///     parent_id: None,
///     name: Some("charge".into()),
///     sub_type: Some("Step".into()),
///     details: EventDetails::StepSucceeded {
///         result: EventResult::new(Some("42".into())),
///         retry_details: RetryDetails { current_attempt: 1, next_attempt_delay_seconds: None },
///     },
/// };
/// assert_eq!(
///     serde_json::to_value(&event).unwrap(),
///     serde_json::json!({
///         "EventId": 3, "EventTimestamp": 1767225600.0, "EventType": "StepSucceeded",
///         "Id": "a1", "Name": "charge", "SubType": "Step",
///         "StepSucceededDetails": {
///             "Result": {"Payload": "42", "Truncated": false}, "RetryDetails": {"CurrentAttempt": 1},
///         },
///     }),
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    /// 1, 2, 3, … without gaps, in the order of commits.
    pub event_id: u64,
    /// When it happened.
    pub event_timestamp: Timestamp,
    /// The operation it is about; none for an event of the execution or of an invocation.
    #[serde(default)]
    pub id: Option<String>,
    /// The context that operation belongs to.
    #[serde(default)]
    pub parent_id: Option<String>,
    /// That operation's name.
    #[serde(default)]
    pub name: Option<SmolStr>,
    /// What that operation is for.
    #[serde(default)]
    pub sub_type: Option<SubType>,
    /// What happened. Its variant is the wire's `EventType`.
    #[serde(flatten)]
    pub details: EventDetails,
}

impl Event {
    /// An event about an operation, with that operation's id, parent, name and sub-type.
    pub(super) fn of_operation(
        event_id: u64,
        at: Timestamp,
        operation: &Operation,
        details: EventDetails,
    ) -> Self {
        Self {
            event_id,
            event_timestamp: at,
            id: Some(operation.id.clone()),
            parent_id: operation.parent_id.clone(),
            name: operation.name.clone(),
            sub_type: operation.sub_type.clone(),
            details,
        }
    }

    /// An event about the execution or an invocation of it.
    pub(super) fn of_execution(event_id: u64, at: Timestamp, details: EventDetails) -> Self {
        Self {
            event_id,
            event_timestamp: at,
            id: None,
            parent_id: None,
            name: None,
            sub_type: None,
            details,
        }
    }

    /// The wire's `EventType`.
    pub const fn event_type(&self) -> &'static str {
        self.details.event_type()
    }
}

/// Declares the kinds of events: the wire calls variant `X` `"EventType": "X"` and puts its fields in `"XDetails"`.
macro_rules! event_details {
    ($($(#[$meta:meta])* $variant:ident = $key:literal {
        $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
    })+) => {
        /// What happened, with the members the service's model gives it.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all_fields = "PascalCase")]
        #[non_exhaustive]
        pub enum EventDetails {
            $($(#[$meta])* #[serde(rename = $key)] $variant { $($(#[$field_meta])* $field: $type,)* },)+
        }

        impl EventDetails {
            /// Every `EventType` there is.
            pub const TYPES: &'static [&'static str] = &[$(stringify!($variant)),+];

            /// The wire's `EventType`.
            pub const fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant),)+
                }
            }
        }
    };
}

event_details! {
    /// The execution began. Always the first event.
    ExecutionStarted = "ExecutionStartedDetails" {
        /// Its input.
        input: EventInput,
        /// Seconds after which it is ended; the longest the service knows when none was asked for.
        execution_timeout: u32,
    }
    /// The workflow returned.
    ExecutionSucceeded = "ExecutionSucceededDetails" {
        /// What it returned.
        result: EventResult,
    }
    /// The workflow failed.
    ExecutionFailed = "ExecutionFailedDetails" {
        /// Its error.
        error: EventError,
    }
    /// The execution's timeout ended it.
    ExecutionTimedOut = "ExecutionTimedOutDetails" {
        /// Says which timeout.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<EventError>,
    }
    /// Somebody stopped the execution.
    ExecutionStopped = "ExecutionStoppedDetails" {
        /// The reason given.
        error: EventError,
    }
    /// Somebody paused the execution.
    ExecutionPaused = "ExecutionPausedDetails" {
        /// When it was asked for.
        pause_request_timestamp: Timestamp,
        /// Whether the execution's timeout stands still meanwhile.
        execution_timeout_paused: bool,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<EventReason>,
    }
    /// Somebody resumed the execution.
    ExecutionResumed = "ExecutionResumedDetails" {
        /// When it was asked for.
        resume_request_timestamp: Timestamp,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<EventReason>,
    }
    /// A context was opened.
    ContextStarted = "ContextStartedDetails" {}
    /// A context ended with a result.
    ContextSucceeded = "ContextSucceededDetails" {
        /// The result.
        result: EventResult,
    }
    /// A context ended with an error.
    ContextFailed = "ContextFailedDetails" {
        /// The error.
        error: EventError,
    }
    /// A wait began.
    WaitStarted = "WaitStartedDetails" {
        /// Its length in seconds.
        duration: u32,
        /// When it will end.
        scheduled_end_timestamp: Timestamp,
    }
    /// A wait is over.
    WaitSucceeded = "WaitSucceededDetails" {
        /// Its length in seconds, as it was started with.
        #[serde(default)]
        duration: u32,
    }
    /// A wait was given up.
    WaitCancelled = "WaitCancelledDetails" {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<EventError>,
    }
    /// An attempt of a step began.
    StepStarted = "StepStartedDetails" {}
    /// An attempt of a step ended in order: with its result or, polling, with the state so far.
    StepSucceeded = "StepSucceededDetails" {
        /// The result or the state.
        result: EventResult,
        /// Which attempt this was.
        retry_details: RetryDetails,
    }
    /// An attempt of a step failed.
    StepFailed = "StepFailedDetails" {
        /// The error.
        error: EventError,
        /// Which attempt this was, and when the next one follows.
        retry_details: RetryDetails,
    }
    /// A function is to be invoked.
    ChainedInvokeStarted = "ChainedInvokeStartedDetails" {
        /// The function.
        function_name: String,
        /// The tenant it is invoked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant_id: Option<String>,
        /// What it is invoked with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<EventInput>,
        /// The version that runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        executed_version: Option<String>,
        /// The execution it runs in, when it is durable itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        durable_execution_arn: Option<String>,
    }
    /// An invoked function returned.
    ChainedInvokeSucceeded = "ChainedInvokeSucceededDetails" {
        /// What it returned.
        result: EventResult,
    }
    /// An invoked function failed.
    ChainedInvokeFailed = "ChainedInvokeFailedDetails" {
        /// Its error.
        error: EventError,
    }
    /// An invoked function's timeout ended it.
    ChainedInvokeTimedOut = "ChainedInvokeTimedOutDetails" {
        /// Says which timeout.
        error: EventError,
    }
    /// An invoked function was stopped.
    ChainedInvokeStopped = "ChainedInvokeStoppedDetails" {
        /// The reason given.
        error: EventError,
    }
    /// A callback was opened.
    CallbackStarted = "CallbackStartedDetails" {
        /// What the outside completes it by.
        callback_id: String,
        /// Seconds it may go without a heartbeat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_timeout: Option<u32>,
        /// Seconds after which it times out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<u32>,
    }
    /// A callback was completed with a result.
    CallbackSucceeded = "CallbackSucceededDetails" {
        /// The result, byte for byte.
        result: EventResult,
    }
    /// A callback was completed with an error.
    CallbackFailed = "CallbackFailedDetails" {
        /// The error, as it was sent.
        error: EventError,
    }
    /// A callback timed out.
    CallbackTimedOut = "CallbackTimedOutDetails" {
        /// `Callback.Timeout` or `Callback.Heartbeat`.
        error: EventError,
    }
    /// An invocation of the workflow ended: it answered, suspended or crashed.
    InvocationCompleted = "InvocationCompletedDetails" {
        /// When it was started.
        start_timestamp: Timestamp,
        /// When it ended.
        end_timestamp: Timestamp,
        /// Its id, as in the logs.
        request_id: String,
        /// Why it gave no answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<EventError>,
    }
}

/// A payload in an event, and whether it was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventPayload<T> {
    /// The payload; none when there is none, or when the history was read without its data.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub payload: Option<T>,
    /// Always false here: nothing is cut.
    #[serde(default)]
    pub truncated: bool,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> EventPayload<T> {
    /// A payload in full.
    pub const fn new(payload: Option<T>) -> Self {
        Self {
            payload,
            truncated: false,
        }
    }
}

/// A result in an event.
pub type EventResult = EventPayload<String>;
/// An input in an event.
pub type EventInput = EventPayload<String>;
/// The reason for a pause or its end in an event.
pub type EventReason = EventPayload<String>;
/// An error in an event.
pub type EventError = EventPayload<ErrorObject>;

/// Which attempt of a step an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RetryDetails {
    /// The attempt that just ended; the first one is 1.
    #[serde(default)]
    pub current_attempt: u32,
    /// Seconds until the next one, when there will be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_delay_seconds: Option<u32>,
}

/// The wire has the type of the event beside its details, where the variant already says it.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Shape<'a> {
            event_id: u64,
            event_timestamp: Timestamp,
            event_type: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            parent_id: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            sub_type: Option<&'a SubType>,
            #[serde(flatten)]
            details: &'a EventDetails,
        }
        Shape {
            event_id: self.event_id,
            event_timestamp: self.event_timestamp,
            event_type: self.event_type(),
            id: self.id.as_deref(),
            parent_id: self.parent_id.as_deref(),
            name: self.name.as_deref(),
            sub_type: self.sub_type.as_ref(),
            details: &self.details,
        }
        .serialize(serializer)
    }
}
