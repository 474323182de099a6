//! `durable-lambda-core`, driven the way its handler crates do it: parse, make a context, run, wrap the result.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::checkpoint_durable_execution::CheckpointDurableExecutionOutput;
use aws_sdk_lambda::operation::get_durable_execution_state::GetDurableExecutionStateOutput;
use aws_sdk_lambda::types::OperationUpdate;
use durable_lambda_core::event::parse_invocation;
use durable_lambda_core::response::wrap_handler_result;
use durable_lambda_core::types::MapOptions;
use durable_lambda_core::{DurableBackend, DurableContext, DurableError, RealBackend};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::history::{Recorded, first_invocation};
use crate::stub::{Seen, client};
use crate::{RESULT_CHARS, Subject, result};

/// Acknowledges everything in memory, as the one that ours runs over.
#[derive(Default)]
struct NullBackend {
    calls: AtomicU64,
}

#[async_trait::async_trait]
impl DurableBackend for NullBackend {
    async fn checkpoint(
        &self,
        _arn: &str,
        _checkpoint_token: &str,
        _updates: Vec<OperationUpdate>,
        _client_token: Option<&str>,
    ) -> Result<CheckpointDurableExecutionOutput, DurableError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(CheckpointDurableExecutionOutput::builder()
            .checkpoint_token("token")
            .build())
    }

    async fn get_execution_state(
        &self,
        _arn: &str,
        _checkpoint_token: &str,
        _next_marker: &str,
        _max_items: i32,
    ) -> Result<GetDurableExecutionStateOutput, DurableError> {
        Err(DurableError::checkpoint_failed(
            "state",
            std::io::Error::other("one page is all there is"),
        ))
    }
}

enum Service {
    Sdk(Seen),
    Null(Arc<NullBackend>),
}

/// `durable-lambda-core` over one of two backends.
pub struct LambdaCore {
    name: &'static str,
    backend: Arc<dyn DurableBackend>,
    service: Service,
}

impl LambdaCore {
    /// Its own backend: the AWS SDK, here over the stub connection.
    #[must_use]
    pub fn over_sdk() -> Self {
        let (client, seen) = client();
        Self {
            name: "lambda-core",
            backend: Arc::new(RealBackend::new(client)),
            service: Service::Sdk(seen),
        }
    }

    /// A backend in memory, without the AWS SDK's call stack.
    #[must_use]
    pub fn over_null() -> Self {
        let backend = Arc::new(NullBackend::default());
        Self {
            name: "lambda-core-null",
            backend: Arc::clone(&backend) as Arc<dyn DurableBackend>,
            service: Service::Null(backend),
        }
    }

    fn take_calls(&self) -> u64 {
        match &self.service {
            Service::Sdk(seen) => seen.take_calls(),
            Service::Null(backend) => backend.calls.swap(0, Ordering::Relaxed),
        }
    }

    fn run(&self, runtime: &Runtime, n: usize, invocation: &[u8]) {
        let response = runtime.block_on(async {
            let payload: Value = serde_json::from_slice(invocation).expect("an invocation");
            let data = parse_invocation(&payload).expect("a durable invocation");
            let mut cx = DurableContext::new(
                Arc::clone(&self.backend),
                data.durable_execution_arn,
                data.checkpoint_token,
                data.operations,
                data.next_marker,
            )
            .await
            .expect("one page is all there is");
            wrap_handler_result(sequential(data.user_event, &mut cx).await)
        });
        let response = serde_json::to_string(&response.expect("an answer")).expect("JSON");
        let expected = format!(r#""Result":"{}""#, n * RESULT_CHARS);
        assert!(response.contains(&expected), "{response}");
    }
}

async fn sequential(event: Value, cx: &mut DurableContext) -> Result<Value, DurableError> {
    let mut total = 0;
    for _ in 0..event.as_u64().unwrap_or_default() {
        let text = cx
            .step("work", || async { Ok::<_, String>(result()) })
            .await?;
        total += text.unwrap_or_default().len();
    }
    Ok(json!(total))
}

/// A `map` with one step in each item, over this client. Gives the answer as JSON.
///
/// # Panics
/// When the invocation's bytes are none.
pub async fn map_of_steps(client: Client, invocation: &[u8]) -> String {
    let payload: Value = serde_json::from_slice(invocation).expect("an invocation");
    let data = parse_invocation(&payload).expect("a durable invocation");
    let mut cx = DurableContext::new(
        Arc::new(RealBackend::new(client)),
        data.durable_execution_arn,
        data.checkpoint_token,
        data.operations,
        data.next_marker,
    )
    .await
    .expect("one page is all there is");
    let items: Vec<u64> = (0..data.user_event.as_u64().unwrap_or_default()).collect();
    let mapped = cx
        .map(
            "map",
            items,
            MapOptions::new(),
            |_, mut cx: DurableContext| async move {
                let text = cx
                    .step("work", || async { Ok::<_, String>(result()) })
                    .await?;
                Ok(text.unwrap_or_default().len())
            },
        )
        .await;
    let answer = mapped.map(|batch| {
        let lengths = batch.results.iter().filter_map(|item| item.result);
        json!(lengths.sum::<usize>())
    });
    let answer = wrap_handler_result(answer).expect("an answer");
    serde_json::to_string(&answer).expect("JSON")
}

impl Subject for LambdaCore {
    fn name(&self) -> &'static str {
        self.name
    }

    fn record(&self, runtime: &Runtime, n: usize) -> Vec<Recorded> {
        let Service::Sdk(seen) = &self.service else {
            // What is replayed does not depend on the backend.
            return Vec::new();
        };
        seen.keep_bodies();
        self.run(runtime, n, &first_invocation(n));
        let _ = seen.take_calls();
        seen.take_started()
    }

    fn replay(&self, runtime: &Runtime, n: usize, invocation: &[u8]) {
        self.run(runtime, n, invocation);
        assert_eq!(self.take_calls(), 0, "it only replayed");
    }

    fn live(&self, runtime: &Runtime, n: usize) -> u64 {
        self.run(runtime, n, &first_invocation(n));
        self.take_calls()
    }
}
