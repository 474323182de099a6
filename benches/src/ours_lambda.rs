//! Us as a Lambda function: `lambda::host(..).into_service()`, which is what `lambda::run` hands to `lambda_runtime`.

use aws_sdk_lambda::Client;
use durable_runtime::lambda::{self, Service};
use durable_runtime::wire::InvocationOutput;
use lambda_runtime::Context;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;

use crate::history::{Recorded, first_invocation};
use crate::ours::sequential;
use crate::stub::{Seen, client};
use crate::{RESULT_CHARS, Subject};

/// Our Lambda host over the stub connection.
pub struct OursOnLambda {
    service: Service,
    seen: Seen,
}

impl OursOnLambda {
    /// With a client of its own.
    #[must_use]
    pub fn new() -> Self {
        let (client, seen) = client();
        Self {
            service: service(client),
            seen,
        }
    }
}

impl Default for OursOnLambda {
    fn default() -> Self {
        Self::new()
    }
}

fn service(client: Client) -> Service {
    lambda::host(sequential).client(client).into_service()
}

/// Answers one invocation.
///
/// # Panics
/// When the invocation's bytes are none, or it failed.
pub async fn answer(service: &Service, invocation: &[u8]) -> InvocationOutput {
    let event: &RawValue = serde_json::from_slice(invocation).expect("an invocation's event");
    let answer = service.handle(event, &Context::default()).await;
    answer.expect("an answer")
}

impl Subject for OursOnLambda {
    fn name(&self) -> &'static str {
        "ours-lambda"
    }

    fn record(&self, _runtime: &Runtime, _n: usize) -> Vec<Recorded> {
        // Its replay is that of `ours`: no call is made, so no client takes part.
        Vec::new()
    }

    fn replay(&self, _runtime: &Runtime, _n: usize, _invocation: &[u8]) {}

    fn live(&self, runtime: &Runtime, n: usize) -> u64 {
        let output = runtime.block_on(answer(&self.service, &first_invocation(n)));
        let output = serde_json::to_string(&output).expect("JSON");
        let expected = format!(r#""Result":"{}""#, n * RESULT_CHARS);
        assert!(output.contains(&expected), "{output}");
        self.seen.take_calls()
    }
}
