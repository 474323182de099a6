//! Invoking a function: the Invoke action, for durable functions and plain ones.

use std::sync::Arc;

use bytes::Bytes;
use durable_runtime::wire::{ErrorObject, limits};
use serde::Serialize;
use serde::de::IgnoredAny;

use super::names::FunctionName;
use super::{Service, ServiceError};
use crate::core::{ExecutionRecord, ExecutionStatus, Origin};
use crate::host::{PlainCall, Problem, Registered, Start, Started, Target, seconds};

/// How an invocation is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvocationKind {
    /// The answer comes when the function has ended.
    #[default]
    RequestResponse,
    /// The answer comes at once.
    Event,
    /// Only says whether it could be made.
    DryRun,
}

/// A request to invoke a function.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InvokeRequest {
    /// The function: a name, with or without a qualifier, or an ARN.
    pub function: String,
    /// The qualifier, when the name doesn't have it.
    pub qualifier: Option<String>,
    /// How it is made.
    pub kind: InvocationKind,
    /// What the function is given. Empty means `{}`, as it does on Lambda.
    pub payload: Bytes,
    /// The execution's name, which makes the request idempotent; durable functions only.
    pub execution_name: Option<String>,
    /// The tenant it is made for.
    pub tenant_id: Option<String>,
    /// The trace it belongs to, as in `X-Amzn-Trace-Id`.
    pub trace_header: Option<String>,
    /// The client context, base64; plain functions only.
    pub client_context: Option<String>,
}

impl InvokeRequest {
    /// A request that waits for the end, with nothing but a payload.
    #[must_use]
    pub fn new(function: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self {
            function: function.into(),
            qualifier: None,
            kind: InvocationKind::RequestResponse,
            payload: payload.into(),
            execution_name: None,
            tenant_id: None,
            trace_header: None,
            client_context: None,
        }
    }
}

/// The answer to an [`InvokeRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvokeAnswer {
    /// 200, 202 for [`Event`](InvocationKind::Event), 204 for [`DryRun`](InvocationKind::DryRun).
    pub status_code: u16,
    /// The version that ran.
    pub executed_version: String,
    /// The execution, of a durable function.
    pub execution_arn: Option<Arc<str>>,
    /// `Unhandled` when the function failed; the payload is then its error.
    pub function_error: Option<String>,
    /// What the function returned. Of an error the JSON that Lambda has for one: `errorType`, `errorMessage` and so on.
    pub payload: Bytes,
}

/// A function's error as Lambda answers it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorPayload<'a> {
    error_type: &'a str,
    error_message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_data: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stack_trace: &'a [String],
}

impl InvokeAnswer {
    fn new(status_code: u16, called: &FunctionName) -> Self {
        Self {
            status_code,
            executed_version: called.version().to_owned(),
            execution_arn: None,
            function_error: None,
            payload: Bytes::new(),
        }
    }

    fn failed(mut self, error: &ErrorObject) -> Self {
        let payload = ErrorPayload {
            error_type: error.error_type.as_deref().unwrap_or_default(),
            error_message: error.error_message.as_deref().unwrap_or_default(),
            error_data: error.error_data.as_deref(),
            stack_trace: &error.stack_trace,
        };
        self.function_error = Some("Unhandled".to_owned());
        self.payload = serde_json::to_vec(&payload).unwrap_or_default().into();
        self
    }
}

impl Service {
    /// Invoke.
    ///
    /// A durable function starts an execution, or, when one of this name and payload is there, finds it; its ARN is in the answer.
    /// `RequestResponse` answers after the end, when the last event can be read. A plain function gets the payload as it is, once: an `Event`
    /// that fails is logged and not repeated.
    ///
    /// Lambda wants a qualifier to invoke a durable function; here a name without one means `$LATEST`. Every version is the same code.
    ///
    /// # Errors
    /// [`ResourceNotFound`](ServiceError::ResourceNotFound) when there is no such function; [`RequestTooLarge`](ServiceError::RequestTooLarge) when
    /// the payload has more than 6 MiB, or 1 MiB for `Event`; [`InvalidRequestContent`](ServiceError::InvalidRequestContent) when it
    /// is not JSON; [`ExecutionAlreadyStarted`](ServiceError::ExecutionAlreadyStarted) when the name belongs to an execution with another
    /// payload; [`InvalidParameterValue`](ServiceError::InvalidParameterValue) for anything else that can't be.
    pub async fn invoke(&self, request: InvokeRequest) -> Result<InvokeAnswer, ServiceError> {
        let called = FunctionName::parse(&request.function, request.qualifier.as_deref())?;
        let (name, target) = self.target(&called)?;
        check(&request, &target)?;
        if request.kind == InvocationKind::DryRun {
            return Ok(InvokeAnswer::new(204, &called));
        }
        match &target {
            Target::Function(registered) if !target.is_durable() => {
                self.call(called, registered, request).await
            }
            _ => self.execute(called, name, &target, request).await,
        }
    }

    /// Calls a plain function, and waits for its answer if the caller does.
    async fn call(
        &self,
        called: FunctionName,
        registered: &Arc<Registered>,
        request: InvokeRequest,
    ) -> Result<InvokeAnswer, ServiceError> {
        let call = PlainCall {
            version: called.version().to_owned(),
            payload: if request.payload.is_empty() {
                Bytes::from_static(b"{}")
            } else {
                request.payload
            },
            tenant_id: request.tenant_id,
            trace_header: request.trace_header,
            client_context: request.client_context,
        };
        if request.kind == InvocationKind::Event {
            let (host, registered) = (Arc::clone(self.host()), Arc::clone(registered));
            tokio::spawn(async move {
                if let Err(error) = host.call(&registered, call).await {
                    let function = &registered.config.name;
                    tracing::warn!(function, %error, "a function that nobody waits for failed");
                }
            });
            return Ok(InvokeAnswer::new(202, &called));
        }
        let mut answer = InvokeAnswer::new(200, &called);
        match self.host().call(registered, call).await {
            Ok(payload) if payload.len() <= limits::WIRE_PAYLOAD_MAX => answer.payload = payload,
            Ok(payload) => {
                let error = ErrorObject::new(
                    "Function.ResponseSizeTooLarge",
                    format!(
                        "the function's answer has {} bytes and the limit is {}",
                        payload.len(),
                        limits::WIRE_PAYLOAD_MAX
                    ),
                );
                answer = answer.failed(&error);
            }
            Err(error) => answer = answer.failed(&error.into_object()),
        }
        Ok(answer)
    }

    /// Starts an execution, and waits for its end if the caller does.
    async fn execute(
        &self,
        called: FunctionName,
        name: Arc<str>,
        target: &Target,
        request: InvokeRequest,
    ) -> Result<InvokeAnswer, ServiceError> {
        let asynchronous = request.kind == InvocationKind::Event;
        let config = target.durable_config();
        let started = self
            .host()
            .begin(Start {
                target: name,
                version: called.version().to_owned(),
                name: request.execution_name,
                unique: None,
                input: Some(text(&request.payload)?),
                timeout_seconds: config.map(|config| seconds(config.execution_timeout)),
                origin: Origin {
                    tenant_id: request.tenant_id,
                    trace_header: request.trace_header,
                    asynchronous,
                    retention_days: config.map(|config| config.retention_days),
                    ..Origin::default()
                },
            })
            .await?;
        let Started { arn, .. } = started;
        if asynchronous {
            let mut answer = InvokeAnswer::new(202, &called);
            answer.execution_arn = Some(arn);
            return Ok(answer);
        }
        let mut last = Arc::clone(&arn);
        let record = loop {
            let record = self.host().ended(&last).await.map_err(|problem| {
                ServiceError::Service(match problem {
                    Problem::Diverged(message) | Problem::Invocation(message) => message,
                    Problem::Engine(error) => error.to_string(),
                })
            })?;
            // One that was restarted ends where its last successor does.
            let successor = self.host().last_successor(record).await?;
            if successor.arn == last {
                break successor;
            }
            last = successor.arn;
        };
        let mut answer = InvokeAnswer::new(200, &called);
        answer.execution_arn = Some(arn);
        Ok(ended(answer, record))
    }

    /// What a caller's name stands for.
    pub(super) fn target(&self, called: &FunctionName) -> Result<(Arc<str>, Target), ServiceError> {
        let targets = &self.host().targets;
        match targets.named(&called.name) {
            Some((name, target)) => Ok((Arc::clone(name), target.clone())),
            None => Err(ServiceError::ResourceNotFound(format!(
                "there is no function `{}`; those there are: {}",
                called.name,
                targets.names().join(", ")
            ))),
        }
    }
}

fn ended(mut answer: InvokeAnswer, record: ExecutionRecord) -> InvokeAnswer {
    if record.status == ExecutionStatus::Succeeded {
        let result = record.result.unwrap_or_else(|| "null".to_owned());
        answer.payload = result.into();
        return answer;
    }
    answer.failed(&record.error.unwrap_or_default())
}

/// Whether the request can be made at all.
fn check(request: &InvokeRequest, target: &Target) -> Result<(), ServiceError> {
    let limit = match request.kind {
        InvocationKind::Event => limits::OPERATION_PAYLOAD_MAX,
        _ => limits::WIRE_PAYLOAD_MAX,
    };
    let size = request.payload.len();
    if size > limit {
        return Err(ServiceError::RequestTooLarge(format!(
            "the payload has {size} bytes and the limit is {limit}; store the data elsewhere and send where it is"
        )));
    }
    if !request.payload.is_empty()
        && let Err(error) = serde_json::from_slice::<IgnoredAny>(&request.payload)
    {
        return Err(ServiceError::InvalidRequestContent(format!(
            "the payload is not JSON: {error}"
        )));
    }
    let refused = |why: String| Err(ServiceError::InvalidParameterValue(why));
    match &request.execution_name {
        Some(name) if !limits::is_execution_name(name) => {
            return refused(format!(
                "an execution's name has 1 to 64 of A-Z, a-z, 0-9, - and _; `{name}` does not"
            ));
        }
        Some(_) if !target.is_durable() => {
            return refused(format!(
                "`{}` is not a durable function, and only those have named executions",
                request.function
            ));
        }
        _ => {}
    }
    let length = request.tenant_id.as_ref().map(String::len);
    match length {
        Some(length) if !(1..=limits::TENANT_ID_MAX).contains(&length) => refused(format!(
            "the tenant id has {length} characters and must have 1 to {}",
            limits::TENANT_ID_MAX
        )),
        None if target.isolates_tenants() => refused(format!(
            "`{}` isolates its tenants, so an invocation must name one",
            request.function
        )),
        _ => Ok(()),
    }
}

/// The payload as an execution's input.
fn text(payload: &Bytes) -> Result<String, ServiceError> {
    if payload.is_empty() {
        return Ok("{}".to_owned());
    }
    // JSON that was read is UTF-8.
    String::from_utf8(payload.to_vec())
        .map_err(|error| ServiceError::InvalidRequestContent(error.to_string()))
}
