//! A workflow that only waits, and so is suspended once for each of its waits; the same for each SDK.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_durable_execution_sdk as official;
use durable_lambda_core::event::parse_invocation;
use durable_lambda_core::response::wrap_handler_result;
use durable_lambda_core::{DurableBackend, DurableError, RealBackend};
use durable_runtime::lambda::{self, Service};
use durable_runtime::prelude::*;
use official::lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

use crate::ours_lambda::answer;
use crate::stub::{Seen, client};

/// How long each wait takes, in the history's own time.
const SECONDS: u64 = 1;

/// As many waits one after another as it is told; returns their number.
#[durable_workflow]
pub async fn patient(waits: usize) -> Result<usize> {
    for _ in 0..waits {
        sleep(Duration::from_secs(SECONDS)).await;
    }
    Ok(waits)
}

type Answer<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

/// One SDK as a Lambda function over the stub connection.
pub struct Waiter {
    /// As the tables name it.
    pub name: &'static str,
    seen: Seen,
    invoke: Box<dyn Fn(&[u8]) -> Answer<'_>>,
}

impl Waiter {
    /// Answers one invocation: the answer as JSON.
    pub async fn invoke(&self, invocation: &[u8]) -> String {
        (self.invoke)(invocation).await
    }

    /// Every invocation of an execution with this many waits: the first knows none of them, the last all. Made by answering each, since only the SDK knows its ids.
    ///
    /// # Panics
    /// When an invocation does something else than to start the next wait, or to end after the last.
    pub async fn invocations(&self, waits: usize) -> Vec<Vec<u8>> {
        let mut operations: Vec<String> = vec![
            json!({
                "Id": "11111111-1111-1111-1111-111111111111",
                "Type": "EXECUTION",
                "Status": "STARTED",
                "StartTimestamp": 1_767_225_600_000_u64,
                "ExecutionDetails": {"InputPayload": waits.to_string()},
            })
            .to_string(),
        ];
        let mut invocations = Vec::with_capacity(waits + 1);
        for known in 0..=waits {
            let invocation = format!(
                r#"{{"DurableExecutionArn":"arn:aws:lambda:eu-central-1:123456789012:function:bench:1/durable-execution/bench/0","CheckpointToken":"token","InitialExecutionState":{{"Operations":[{}],"NextMarker":""}}}}"#,
                operations.join(",")
            )
            .into_bytes();
            self.seen.keep_bodies();
            let answer = self.invoke(&invocation).await;
            let started = self.seen.take_waits();
            invocations.push(invocation);
            if known == waits {
                assert!(answer.contains(r#""SUCCEEDED""#), "{}: {answer}", self.name);
                assert!(started.is_empty(), "{}: {started:?}", self.name);
            } else {
                assert!(answer.contains(r#""PENDING""#), "{}: {answer}", self.name);
                let [wait] = started.as_slice() else {
                    panic!("{}: {started:?} is not one wait", self.name);
                };
                operations.push(ended(wait).to_string());
            }
        }
        invocations
    }
}

/// A wait as the history has it once it is over, from the update that started it.
fn ended(update: &Value) -> Value {
    let mut operation = json!({
        "Id": update["Id"],
        "Type": "WAIT",
        "Status": "SUCCEEDED",
        "StartTimestamp": 1_767_225_600_250_u64,
        "EndTimestamp": 1_767_225_601_250_u64,
        "WaitDetails": {"ScheduledEndTimestamp": 1_767_225_601_250_u64},
    });
    for member in ["Name", "SubType"] {
        if update[member].is_string() {
            operation[member] = update[member].clone();
        }
    }
    operation
}

/// All of them, ours first.
#[must_use]
pub fn waiters() -> Vec<Waiter> {
    vec![ours(), theirs(), lambda_core()]
}

fn ours() -> Waiter {
    let (client, seen) = client();
    let service: Service = lambda::host(patient).client(client).into_service();
    Waiter {
        name: "ours",
        seen,
        invoke: Box::new(move |invocation| {
            let service = service.clone();
            let invocation = invocation.to_vec();
            Box::pin(async move {
                let output = answer(&service, &invocation).await;
                serde_json::to_string(&output).expect("JSON")
            })
        }),
    }
}

fn theirs() -> Waiter {
    let (client, seen) = client();
    let options = official::Options::builder().lambda_client(client).build();
    let service = Arc::new(official::wrap(
        |waits: usize, cx: official::DurableContext| async move {
            for _ in 0..waits {
                cx.wait(Duration::from_secs(SECONDS)).await?;
            }
            Ok::<_, official::BoxError>(waits)
        },
        options.expect("valid options"),
    ));
    Waiter {
        name: "official",
        seen,
        invoke: Box::new(move |invocation| {
            let service = Arc::clone(&service);
            let payload = serde_json::from_slice(invocation).expect("an invocation's payload");
            Box::pin(async move {
                let answer = service(LambdaEvent::new(payload, Context::default())).await;
                serde_json::to_string(&answer.expect("an answer")).expect("JSON")
            })
        }),
    }
}

fn lambda_core() -> Waiter {
    let (client, seen) = client();
    let backend: Arc<dyn DurableBackend> = Arc::new(RealBackend::new(client));
    Waiter {
        name: "lambda-core",
        seen,
        invoke: Box::new(move |invocation| {
            let backend = Arc::clone(&backend);
            let payload: Value = serde_json::from_slice(invocation).expect("an invocation");
            Box::pin(async move {
                let data = parse_invocation(&payload).expect("a durable invocation");
                let mut cx = durable_lambda_core::DurableContext::new(
                    backend,
                    data.durable_execution_arn,
                    data.checkpoint_token,
                    data.operations,
                    data.next_marker,
                )
                .await
                .expect("one page is all there is");
                let ended = wait_often(data.user_event, &mut cx).await;
                let answer = wrap_handler_result(ended).expect("an answer");
                serde_json::to_string(&answer).expect("JSON")
            })
        }),
    }
}

async fn wait_often(
    event: Value,
    cx: &mut durable_lambda_core::DurableContext,
) -> std::result::Result<Value, DurableError> {
    let waits = event.as_u64().unwrap_or_default();
    for _ in 0..waits {
        cx.wait("wait", 1).await?;
    }
    Ok(json!(waits))
}
