//! A checkpoint service on loopback that takes its time: every request is answered after a fixed delay, and counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Config, Credentials, Region};
use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;

/// How long the service takes.
pub const LATENCY: Duration = Duration::from_millis(5);

const ANSWER: &str = r#"{"CheckpointToken":"token","NewExecutionState":{"Operations":[]}}"#;

/// The service, running until its runtime ends.
pub struct Slow {
    address: SocketAddr,
    calls: Arc<AtomicU64>,
}

impl Slow {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// When loopback has no port to give.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let calls = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&calls);
        let checkpoint = post(move |_: axum::body::Bytes| {
            counted.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::time::sleep(LATENCY).await;
                ([("content-type", "application/json")], ANSWER)
            }
        });
        let router = Router::new().route(
            "/2025-12-01/durable-executions/{arn}/checkpoint",
            checkpoint,
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, calls }
    }

    /// How many calls arrived since this was last asked.
    #[must_use]
    pub fn take_calls(&self) -> u64 {
        self.calls.swap(0, Ordering::Relaxed)
    }

    /// An AWS client for it, with the defaults that a Lambda function gets.
    #[must_use]
    pub fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("AKIDBENCH", "secret", None, None, "bench"))
            .endpoint_url(format!("http://{}", self.address))
            .build();
        Client::from_conf(config)
    }
}
