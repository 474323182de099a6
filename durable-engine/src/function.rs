//! [`Function`]: what an engine can invoke besides the workflows registered with it, such as a Lambda bootstrap process.

use std::time::Duration;

use bytes::Bytes;
use durable_runtime::wire::ErrorObject;
use futures_util::future::BoxFuture;

/// Something that answers an event with a payload: one invocation of a Lambda function.
///
/// The engine makes at most one call at a time for one durable execution, and any number for different ones; an implementation that has to
/// serialise them queues.
pub trait Function: Send + Sync + 'static {
    /// Runs one invocation to its end.
    ///
    /// Dropping the future gives the invocation up: what runs for it should be ended.
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Result<Bytes, FunctionError>>;
}

/// One invocation of a function.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FunctionRequest {
    /// The invocation's id, unique; what `Lambda-Runtime-Aws-Request-Id` carries.
    pub request_id: String,
    /// ARN of the function with its version, as the function is to see it.
    pub function_arn: String,
    /// The event, any bytes; for a durable function the invocation envelope.
    pub payload: Bytes,
    /// The tenant it is made for.
    pub tenant_id: Option<String>,
    /// The trace it belongs to, as in `X-Amzn-Trace-Id`.
    pub trace_header: Option<String>,
    /// What the caller sent as client context, base64.
    pub client_context: Option<String>,
}

impl FunctionRequest {
    /// A request with no tenant, trace or client context.
    #[must_use]
    pub fn new(
        request_id: impl Into<String>,
        function_arn: impl Into<String>,
        payload: impl Into<Bytes>,
    ) -> Self {
        Self {
            request_id: request_id.into(),
            function_arn: function_arn.into(),
            payload: payload.into(),
            tenant_id: None,
            trace_header: None,
            client_context: None,
        }
    }
}

/// Why an invocation ended without a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FunctionError {
    /// The function answered with an error of its own.
    #[error("the function failed: {}", describe(.0))]
    Failed(ErrorObject),
    /// The process ended before it answered (`Runtime.ExitError`), or could not be started (`Runtime.InvalidEntrypoint`).
    #[error("the function's process failed: {}", describe(.0))]
    Crashed(ErrorObject),
    /// The function took longer than its timeout (`Sandbox.Timedout`), and was ended.
    #[error("the function timed out: {}", describe(.0))]
    TimedOut(ErrorObject),
}

impl FunctionError {
    /// As it goes on the wire.
    #[must_use]
    pub fn into_object(self) -> ErrorObject {
        match self {
            Self::Failed(error) | Self::Crashed(error) | Self::TimedOut(error) => error,
        }
    }
}

fn describe(error: &ErrorObject) -> String {
    let of = |part: &Option<String>| part.clone().unwrap_or_default();
    format!("{}: {}", of(&error.error_type), of(&error.error_message))
}

/// How the engine sees a function: what Lambda keeps in a function's configuration, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionConfig {
    /// The name it is invoked by.
    pub name: String,
    /// Durable settings; none: a plain function, which gets its event as it is.
    pub durable: Option<DurableConfig>,
    /// Whether every invocation must name a tenant.
    pub tenant_isolation: bool,
}

impl FunctionConfig {
    /// A plain function.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            durable: None,
            tenant_isolation: false,
        }
    }

    /// The same function, durable.
    #[must_use]
    pub fn durable(mut self, config: DurableConfig) -> Self {
        self.durable = Some(config);
        self
    }

    /// Every invocation must name a tenant.
    #[must_use]
    pub fn tenant_isolation(mut self) -> Self {
        self.tenant_isolation = true;
        self
    }
}

/// A function's durable settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DurableConfig {
    /// How long an execution may take in all; the service allows 1 s to 366 days.
    pub execution_timeout: Duration,
    /// How many days an ended execution is kept, 1 to 90.
    pub retention_days: u32,
}

impl Default for DurableConfig {
    /// A day, and 14 days of retention.
    fn default() -> Self {
        Self {
            execution_timeout: Duration::from_hours(24),
            retention_days: 14,
        }
    }
}
