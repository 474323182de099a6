//! An AWS client whose connection answers every request on the spot, without a socket: what remains is the AWS SDK's call stack.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_lambda::types::{OperationAction, OperationType, OperationUpdate};
use aws_smithy_http_client::test_util::infallible_client_fn;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::history::{ARN, Recorded};
use crate::{Subject, result};

const ANSWER: &str = r#"{"CheckpointToken":"token","NewExecutionState":{"Operations":[]}}"#;

/// What the stub service saw.
#[derive(Clone, Default)]
pub struct Seen {
    calls: Arc<AtomicU64>,
    bodies: Arc<Mutex<Option<Vec<Vec<u8>>>>>,
}

impl Seen {
    /// How many calls arrived since this was last asked.
    #[must_use]
    pub fn take_calls(&self) -> u64 {
        self.calls.swap(0, Ordering::Relaxed)
    }

    /// Keeps request bodies from here on.
    ///
    /// # Panics
    /// When the client panicked before.
    pub fn keep_bodies(&self) {
        *self.bodies.lock().expect("no poison") = Some(Vec::new());
    }

    /// The updates that started a wait since [`keep_bodies`](Self::keep_bodies); keeps no more.
    ///
    /// # Panics
    /// When a body was no checkpoint request.
    #[must_use]
    pub fn take_waits(&self) -> Vec<Value> {
        let bodies = self.bodies.lock().expect("no poison").take();
        let mut waits = Vec::new();
        for body in bodies.unwrap_or_default() {
            let request: Value = serde_json::from_slice(&body).expect("a checkpoint request");
            let updates = request["Updates"].as_array().cloned().unwrap_or_default();
            waits.extend(
                updates
                    .into_iter()
                    .filter(|update| update["Type"] == "WAIT" && update["Action"] == "START"),
            );
        }
        waits
    }

    /// The steps that were started since [`keep_bodies`](Self::keep_bodies); keeps no more.
    ///
    /// # Panics
    /// When a body was no checkpoint request.
    #[must_use]
    pub fn take_started(&self) -> Vec<Recorded> {
        let bodies = self.bodies.lock().expect("no poison").take();
        let bodies = bodies.unwrap_or_default();
        bodies
            .iter()
            .flat_map(|body| Recorded::started_in(body))
            .collect()
    }
}

/// A client with the defaults that a Lambda function gets, but for its connection and credentials.
#[must_use]
pub fn client() -> (Client, Seen) {
    let seen = Seen::default();
    let own = seen.clone();
    let connection = infallible_client_fn(move |request| {
        own.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(bodies) = &mut *own.bodies.lock().expect("no poison") {
            bodies.push(request.body().bytes().unwrap_or_default().to_vec());
        }
        http::Response::builder()
            .status(200)
            .header("content-type", "application/json")
            .body(ANSWER)
            .expect("a response")
    });
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("AKIDBENCH", "secret", None, None, "bench"))
        .http_client(connection)
        .build();
    (Client::from_conf(config), seen)
}

/// The floor of the live figures: the call that one of our steps makes, made by hand, and no SDK for durable functions.
pub struct BareCall {
    client: Client,
    seen: Seen,
}

impl BareCall {
    /// With a client of its own.
    #[must_use]
    pub fn new() -> Self {
        let (client, seen) = client();
        Self { client, seen }
    }
}

impl Default for BareCall {
    fn default() -> Self {
        Self::new()
    }
}

impl Subject for BareCall {
    fn name(&self) -> &'static str {
        "bare-call"
    }

    fn record(&self, _runtime: &Runtime, _n: usize) -> Vec<Recorded> {
        Vec::new()
    }

    fn replay(&self, _runtime: &Runtime, _n: usize, _invocation: &[u8]) {}

    fn live(&self, runtime: &Runtime, n: usize) -> u64 {
        runtime.block_on(async {
            for _ in 0..n {
                let update = |action| {
                    OperationUpdate::builder()
                        .id("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
                        .name("work")
                        .r#type(OperationType::Step)
                        .sub_type("Step")
                        .action(action)
                };
                let succeed = update(OperationAction::Succeed).payload(result());
                let updates = [update(OperationAction::Start), succeed];
                let updates = updates.map(|update| update.build().expect("all that is required"));
                let call = self
                    .client
                    .checkpoint_durable_execution()
                    .durable_execution_arn(ARN)
                    .checkpoint_token("token")
                    .client_token("01234567-89ab-4def-8123-456789abcdef")
                    .set_updates(Some(updates.into()));
                call.send().await.expect("the stub always answers");
            }
        });
        self.seen.take_calls()
    }
}
