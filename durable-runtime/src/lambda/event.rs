//! From the bytes of an event to an invocation, or to a sentence that says what is wrong with the function's configuration or with its caller.

use std::collections::HashMap;

use serde::de::IgnoredAny;
use thiserror::Error;

use crate::json_path::path_to;
use crate::wire::InvocationInput;

/// Why an event is no invocation of a durable function.
#[derive(Debug, Error)]
pub(super) enum EventError {
    #[error(
        "the event is no invocation of a durable function: it has neither `DurableExecutionArn` nor `CheckpointToken`. \
Either the function was created without `DurableConfig`, which can't be added later: in SAM, `DurableConfig: {{ExecutionTimeout: 3600, RetentionPeriodInDays: 7}}` \
under the function's `Properties`; with the CLI, `aws lambda create-function … --durable-config ExecutionTimeout=3600,RetentionPeriodInDays=7`. \
Or it was invoked without a qualifier: name a version or an alias, as in `aws lambda invoke --function-name NAME:ALIAS …`, or `NAME:$LATEST`"
    )]
    NotDurable,
    #[error("the event of this durable invocation can't be read: {0}")]
    Malformed(String),
}

impl EventError {
    pub(super) fn error_type(&self) -> &'static str {
        match self {
            Self::NotDurable => "NotADurableInvocation",
            Self::Malformed(_) => "MalformedDurableInvocation",
        }
    }
}

pub(super) fn read(event: &str) -> Result<InvocationInput, EventError> {
    // A struct could be read from a list too.
    if !event.trim_start().starts_with('{') {
        return Err(EventError::NotDurable);
    }
    match serde_json::from_str(event) {
        Ok(input) => complete(input),
        Err(_) if !is_marked(event) => Err(EventError::NotDurable),
        Err(error) => {
            let path = path_to(&error, event);
            Err(EventError::Malformed(if path.is_empty() {
                error.to_string()
            } else {
                format!("`{path}`: {error}")
            }))
        }
    }
}

/// Whether somebody meant this to be a durable invocation.
fn is_marked(event: &str) -> bool {
    serde_json::from_str::<HashMap<String, IgnoredAny>>(event).is_ok_and(|members| {
        members.contains_key("DurableExecutionArn") || members.contains_key("CheckpointToken")
    })
}

fn complete(input: InvocationInput) -> Result<InvocationInput, EventError> {
    let empty = |member: &str| Err(EventError::Malformed(format!("`{member}` is empty")));
    if input.durable_execution_arn.is_empty() {
        return empty("DurableExecutionArn");
    }
    if input.checkpoint_token.is_empty() {
        return empty("CheckpointToken");
    }
    Ok(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(event: &str) -> (&'static str, String) {
        let error = read(event).unwrap_err();
        (error.error_type(), error.to_string())
    }

    #[test]
    fn an_envelope_is_read() {
        let input = read(
            r#"{"DurableExecutionArn":"arn:x","CheckpointToken":"t","SomethingNew":1,"UpdatedOperationIds":["a"],
                "InitialExecutionState":{"Operations":[],"NextMarker":"m"}}"#,
        )
        .unwrap();
        assert_eq!(input.durable_execution_arn, "arn:x");
        assert_eq!(input.updated_operation_ids, ["a"]);
        assert_eq!(
            input.initial_execution_state.next_marker.as_deref(),
            Some("m")
        );
    }

    #[test]
    fn whatever_is_no_envelope_says_what_the_function_needs() {
        for event in [
            "{}",
            r#"{"order":7}"#,
            "[1]",
            "null",
            r#""text""#,
            "17",
            r#"{"InitialExecutionState":{}}"#,
        ] {
            let (error_type, message) = refused(event);
            assert_eq!(error_type, "NotADurableInvocation", "{event}");
            for part in [
                "DurableConfig: {ExecutionTimeout",
                "--durable-config",
                "NAME:ALIAS",
            ] {
                assert!(message.contains(part), "{event}: {message}");
            }
        }
    }

    #[test]
    fn a_broken_envelope_names_the_member() {
        for (event, member) in [
            (r#"{"DurableExecutionArn":"arn:x"}"#, "CheckpointToken"),
            (r#"{"CheckpointToken":"t"}"#, "DurableExecutionArn"),
            (
                r#"{"DurableExecutionArn":"arn:x","CheckpointToken":17}"#,
                "`CheckpointToken`",
            ),
            (
                r#"{"DurableExecutionArn":"arn:x","CheckpointToken":""}"#,
                "`CheckpointToken` is empty",
            ),
            (
                r#"{"DurableExecutionArn":"arn:x","CheckpointToken":"t","InitialExecutionState":{"Operations":[{"Id":1}]}}"#,
                "`InitialExecutionState.Operations[0].Id`",
            ),
        ] {
            let (error_type, message) = refused(event);
            assert_eq!(error_type, "MalformedDurableInvocation", "{event}");
            assert!(message.contains(member), "{event}: {message}");
        }
    }
}
