//! A stand-in for the service, and invocations that talk to it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use durable_runtime::lambda::lambda_runtime::Context;
use durable_runtime::lambda::{InvocationFailure, Runtime, Service};
use durable_runtime::wire::InvocationOutput;
use serde_json::{Value, json};

pub(crate) const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:orders:1/durable-execution/order-42/0190a1b2-exec";

/// One call as the service saw it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// What the service answers with.
pub(crate) type Answer = (u16, Value);

#[derive(Clone, Default)]
pub(crate) struct Stub {
    calls: Arc<Mutex<Vec<Call>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl Stub {
    /// Gives these answers in turn, then accepts every checkpoint.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let stub = Self::default();
        stub.answers.lock().unwrap().extend(answers);
        stub
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Serves on loopback, and gives the URL.
    pub(crate) async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new()
            .fallback(answer)
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        url
    }

    /// A service for this workflow that calls the stub.
    pub(crate) async fn host(&self, client: Client, runtime: Runtime) -> Service {
        let url = self.serve().await;
        client.calling(&url, runtime).into_service()
    }
}

/// What calls the service. Every test about calls runs once with each that is built in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Client {
    #[cfg(feature = "lambda")]
    Sdk,
    #[cfg(feature = "lambda-lean")]
    Lean,
}

impl Client {
    /// Has the host call this URL, twice at most.
    pub(crate) fn calling(self, url: &str, runtime: Runtime) -> Runtime {
        match self {
            #[cfg(feature = "lambda")]
            Self::Sdk => runtime.client(sdk(url)),
            #[cfg(feature = "lambda-lean")]
            Self::Lean => runtime.lean_client(lean(url)),
        }
    }
}

/// One test for each client, of functions that take one.
macro_rules! with_each_client {
    ($($test:ident),* $(,)?) => {
        #[cfg(feature = "lambda")]
        mod sdk {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::support::Client::Sdk).await;
            })*
        }

        #[cfg(feature = "lambda-lean")]
        mod lean {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::support::Client::Lean).await;
            })*
        }
    };
}
pub(crate) use with_each_client;

#[cfg(feature = "lambda")]
fn sdk(url: &str) -> durable_runtime::lambda::aws_sdk_lambda::Client {
    use durable_runtime::lambda::aws_sdk_lambda::Client;
    use durable_runtime::lambda::aws_sdk_lambda::config::retry::RetryConfig;
    use durable_runtime::lambda::aws_sdk_lambda::config::{
        BehaviorVersion, Builder, Credentials, Region,
    };

    let retry = RetryConfig::standard()
        .with_max_attempts(2)
        .with_initial_backoff(Duration::from_millis(1));
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKID", "secret", None, None, "test"))
        .retry_config(retry)
        .endpoint_url(url)
        .build();
    Client::from_conf(config)
}

#[cfg(feature = "lambda-lean")]
pub(crate) fn lean(url: &str) -> durable_runtime::lambda::LeanClient {
    let url = url.to_owned();
    durable_runtime::lambda::LeanClient::with_environment(move |name| {
        Some(match name {
            "AWS_REGION" => "eu-west-1".to_owned(),
            "AWS_ENDPOINT_URL_LAMBDA" => url.clone(),
            "AWS_ACCESS_KEY_ID" => "AKID".to_owned(),
            "AWS_SECRET_ACCESS_KEY" => "secret".to_owned(),
            _ => return None,
        })
    })
    .max_attempts(2)
    .initial_backoff(Duration::from_millis(1))
}

async fn answer(State(stub): State<Stub>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let number = {
        let mut calls = stub.calls.lock().unwrap();
        calls.push(Call {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        });
        calls.len()
    };
    let (status, body) = stub
        .answers
        .lock()
        .unwrap()
        .pop_front()
        .unwrap_or_else(|| accepted(&format!("token-{number}")));
    let error_type = body["Type"].as_str().unwrap_or_default().to_owned();
    (
        StatusCode::from_u16(status).unwrap(),
        [("x-amzn-errortype", error_type)],
        axum::body::Body::from(body.to_string()),
    )
        .into_response()
}

/// An accepted checkpoint.
pub(crate) fn accepted(token: &str) -> Answer {
    (
        200,
        json!({"CheckpointToken": token, "NewExecutionState": {"Operations": []}}),
    )
}

/// A refusal in the service's form.
pub(crate) fn refused(status: u16, code: &str, message: &str) -> Answer {
    (status, json!({"Type": code, "Message": message}))
}

/// The EXECUTION operation as the API gives it, with this input.
pub(crate) fn execution(input: &str) -> Value {
    json!({"Id": "0190a1b2-exec", "Type": "EXECUTION", "Status": "STARTED", "StartTimestamp": 1_767_225_600.25,
        "ExecutionDetails": {"InputPayload": input}})
}

/// The event of a first invocation with this input.
pub(crate) fn envelope(input: &str) -> Value {
    json!({"DurableExecutionArn": ARN, "CheckpointToken": "token-0",
        "InitialExecutionState": {"Operations": [execution(input)]}})
}

pub(crate) async fn invoke(
    service: &Service,
    event: Value,
) -> Result<InvocationOutput, InvocationFailure> {
    invoke_within(service, event, Duration::from_mins(1)).await
}

/// An invocation that Lambda gives this much time.
pub(crate) async fn invoke_within(
    service: &Service,
    event: Value,
    time: Duration,
) -> Result<InvocationOutput, InvocationFailure> {
    let mut context = Context::default();
    let deadline = SystemTime::now() + time;
    context.deadline =
        u64::try_from(deadline.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let event = serde_json::value::RawValue::from_string(event.to_string()).unwrap();
    service.handle(&event, &context).await
}
