//! Invoking functions: plain ones for whoever calls them, durable ones for their executions.

use std::sync::Arc;

use bytes::Bytes;
use durable_runtime::wire::{ErrorObject, InvocationInput, InvocationOutput, InvocationStatus};

use super::Host;
use super::slot::Slot;
use super::targets::Registered;
use crate::core::InvocationEnd;
use crate::function::{FunctionError, FunctionRequest};
use crate::service::names;

/// What a plain function is called with.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainCall {
    pub(crate) version: String,
    pub(crate) payload: Bytes,
    pub(crate) tenant_id: Option<String>,
    pub(crate) trace_header: Option<String>,
    pub(crate) client_context: Option<String>,
}

impl Host {
    /// Invokes a plain function, in a task of its own: it runs to its end, whoever stops waiting.
    pub(crate) async fn call(
        self: &Arc<Self>,
        registered: &Arc<Registered>,
        call: PlainCall,
    ) -> Result<Bytes, FunctionError> {
        let mut request = FunctionRequest::new(
            self.settings.ids.request(),
            self.settings
                .home
                .function_arn(&registered.config.name, &call.version),
            call.payload,
        );
        request.tenant_id = call.tenant_id;
        request.trace_header = call.trace_header;
        request.client_context = call.client_context;
        let (host, registered) = (Arc::clone(self), Arc::clone(registered));
        let busy = self.activity.busy();
        let called = self.tasks.spawn(async move {
            let _busy = busy;
            tokio::select! {
                answer = registered.function.invoke(request) => Some(answer),
                () = host.abort.cancelled() => None,
            }
        });
        let gone = |error_type: &str, message: &str| {
            Err(FunctionError::Crashed(ErrorObject::new(
                error_type, message,
            )))
        };
        match called.await {
            Ok(Some(answer)) => answer,
            Ok(None) => gone("Runtime.ExitError", "the engine was shut down"),
            Err(_) => gone("Runtime.Panicked", "what runs the function panicked"),
        }
    }
}

/// The invocation of a durable function.
pub(super) fn request(
    slot: &Slot,
    request_id: String,
    tenant_id: Option<String>,
    trace_header: Option<String>,
    input: &InvocationInput,
) -> Result<FunctionRequest, ErrorObject> {
    let payload = serde_json::to_vec(input).map_err(|error| {
        ErrorObject::new(
            "Invocation.Errored",
            format!("the invocation's input can't be written: {error}"),
        )
    })?;
    let function_arn = names::function_arn(&slot.arn);
    let mut request = FunctionRequest::new(request_id, function_arn, payload);
    request.tenant_id = tenant_id;
    request.trace_header = trace_header;
    Ok(request)
}

/// Runs an invocation of a durable function to its end, or until its execution is ended by somebody else.
pub(super) async fn run(
    registered: &Registered,
    slot: &Slot,
    request: FunctionRequest,
) -> InvocationEnd {
    tokio::select! {
        answer = registered.function.invoke(request) => match answer {
            Ok(payload) => read_output(&payload),
            Err(error) => InvocationEnd::Errored(error.into_object()),
        },
        () = slot.over.notified() => InvocationEnd::Lost(ErrorObject::new(
            "Execution.Ended",
            "the execution ended while the invocation ran",
        )),
    }
}

/// What a durable function's answer says. Anything but what the protocol knows is no answer.
fn read_output(payload: &[u8]) -> InvocationEnd {
    let refused = |why: String| {
        InvocationEnd::Errored(ErrorObject::new(
            "Invocation.InvalidOutput",
            format!(
                "the function's answer is not that of a durable function: {why}; it has a Status of SUCCEEDED, FAILED or PENDING, and \
                 a handler wrapped by a durable execution SDK gives it"
            ),
        ))
    };
    let output: InvocationOutput = match serde_json::from_slice(payload) {
        Ok(output) => output,
        Err(error) => return refused(error.to_string()),
    };
    match (output.status, output.result, output.error) {
        (InvocationStatus::Succeeded, result, None) => {
            InvocationEnd::Succeeded(result.unwrap_or_else(|| "null".to_owned()))
        }
        // Without an error when that was too large and went with a checkpoint.
        (InvocationStatus::Failed, None, error) => InvocationEnd::Failed(error.unwrap_or_default()),
        (InvocationStatus::Pending, None, None) => InvocationEnd::Pending,
        (InvocationStatus::Succeeded, _, Some(_)) => refused("SUCCEEDED with an Error".to_owned()),
        (InvocationStatus::Failed, Some(_), _) => refused("FAILED with a Result".to_owned()),
        (InvocationStatus::Pending, ..) => refused("PENDING with a Result or an Error".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_read_strictly() {
        let error = ErrorObject::new("Boom", "it went boom");
        for (payload, end) in [
            (
                r#"{"Status":"SUCCEEDED","Result":"1"}"#,
                InvocationEnd::Succeeded("1".into()),
            ),
            (
                r#"{"Status":"SUCCEEDED"}"#,
                InvocationEnd::Succeeded("null".into()),
            ),
            (
                r#"{"Status":"SUCCEEDED","Result":"","Error":null,"More":1}"#,
                InvocationEnd::Succeeded(String::new()),
            ),
            (
                r#"{"Status":"FAILED","Error":{"ErrorType":"Boom","ErrorMessage":"it went boom"}}"#,
                InvocationEnd::Failed(error),
            ),
            (
                r#"{"Status":"FAILED"}"#,
                InvocationEnd::Failed(ErrorObject::default()),
            ),
            (r#"{"Status":"PENDING"}"#, InvocationEnd::Pending),
        ] {
            assert_eq!(read_output(payload.as_bytes()), end, "{payload}");
        }
        for payload in [
            "",
            "null",
            "\"done\"",
            "{}",
            r#"{"Status":"succeeded"}"#,
            r#"{"Status":"SUCCEEDED","Error":{}}"#,
            r#"{"Status":"FAILED","Result":"1"}"#,
            r#"{"Status":"PENDING","Result":"1"}"#,
        ] {
            let end = read_output(payload.as_bytes());
            assert!(matches!(end, InvocationEnd::Errored(_)), "{payload}");
        }
    }
}
