//! `aws-durable-execution-sdk`, driven through `wrap`: the service function that its `run` hands to `lambda_runtime`.

use std::future::Future;
use std::pin::Pin;

use aws_durable_execution_sdk as durable;
use durable::lambda_runtime::{Context, Error, LambdaEvent};
use durable::{BoxError, DurableContext, InvocationPayload, InvocationResponse, Options};
use tokio::runtime::Runtime;

use crate::history::{Recorded, first_invocation};
use crate::stub::{Seen, client};
use crate::{RESULT_CHARS, Subject, result};

type Answer = Pin<Box<dyn Future<Output = Result<InvocationResponse, Error>> + Send>>;
type Service = Box<dyn Fn(LambdaEvent<InvocationPayload>) -> Answer + Send + Sync>;

/// The official SDK over the stub connection, with its default options.
pub struct Official {
    service: Service,
    seen: Seen,
}

impl Official {
    /// With a client of its own.
    ///
    /// # Panics
    /// Never: the options are valid.
    #[must_use]
    pub fn new() -> Self {
        let (client, seen) = client();
        let options = Options::builder().lambda_client(client).build();
        let service = durable::wrap(sequential, options.expect("valid options"));
        Self {
            service: Box::new(service),
            seen,
        }
    }

    fn run(&self, runtime: &Runtime, n: usize, invocation: &[u8]) {
        let response = runtime.block_on(async {
            // `lambda_runtime` does this through a layer that tracks the path; left out here, for every SDK alike.
            let payload: InvocationPayload =
                serde_json::from_slice(invocation).expect("an invocation's payload");
            (self.service)(LambdaEvent::new(payload, Context::default())).await
        });
        let response = serde_json::to_string(&response.expect("an answer")).expect("JSON");
        let expected = format!(r#""Result":"{}""#, n * RESULT_CHARS);
        assert!(response.contains(&expected), "{response}");
    }
}

impl Default for Official {
    fn default() -> Self {
        Self::new()
    }
}

async fn sequential(steps: usize, cx: DurableContext) -> Result<usize, BoxError> {
    let mut total = 0;
    for _ in 0..steps {
        total += cx
            .step(|_| async { Ok(result()) })
            .name("work")
            .await?
            .len();
    }
    Ok(total)
}

impl Subject for Official {
    fn name(&self) -> &'static str {
        "official"
    }

    fn record(&self, runtime: &Runtime, n: usize) -> Vec<Recorded> {
        self.seen.keep_bodies();
        self.run(runtime, n, &first_invocation(n));
        let _ = self.seen.take_calls();
        self.seen.take_started()
    }

    fn replay(&self, runtime: &Runtime, n: usize, invocation: &[u8]) {
        self.run(runtime, n, invocation);
        assert_eq!(self.seen.take_calls(), 0, "it only replayed");
    }

    fn live(&self, runtime: &Runtime, n: usize) -> u64 {
        self.run(runtime, n, &first_invocation(n));
        self.seen.take_calls()
    }
}
