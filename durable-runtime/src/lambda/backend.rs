//! [`LambdaBackend`]: an invocation's way to the Lambda service, by whichever client.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use uuid::Uuid;

use super::environment::process_environment;
#[cfg(feature = "lambda-lean")]
use super::lean::LeanClient;
#[cfg(feature = "lambda")]
use super::sdk;
use crate::entropy::entropy;
use crate::host::{Backend, BackendError, Checkpointed, StatePage, Successor};
use crate::wire::{OperationUpdate, Timestamp};

/// The largest page of state the service gives.
pub(super) const PAGE: i32 = 1_000;

/// What the calls go through.
#[derive(Clone, Debug)]
pub(super) enum Client {
    #[cfg(feature = "lambda")]
    Sdk(aws_sdk_lambda::Client),
    #[cfg(feature = "lambda-lean")]
    Lean(LeanClient),
}

impl Client {
    /// The one that the features decide for.
    pub(super) fn from_environment() -> Self {
        let environment = process_environment();
        #[cfg(feature = "lambda")]
        return Self::Sdk(sdk::from_environment(&environment));
        #[cfg(not(feature = "lambda"))]
        Self::Lean(LeanClient::new(environment))
    }

    /// Why no call can succeed, as far as that is known.
    pub(super) fn problem(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "lambda")]
            Self::Sdk(_) => None,
            #[cfg(feature = "lambda-lean")]
            Self::Lean(client) => client.problem(),
        }
    }
}

/// Client tokens: another one for each call, so that a client may repeat a call whose answer was lost.
///
/// Random once for an invocation, and counted within: the operating system is not asked at every checkpoint.
#[derive(Debug)]
struct ClientTokens {
    prefix: String,
    calls: AtomicU64,
}

impl ClientTokens {
    fn new() -> Self {
        Self {
            prefix: Uuid::from_bytes(entropy()).simple().to_string(),
            calls: AtomicU64::new(0),
        }
    }

    /// At most 53 of the 64 characters that the service takes.
    fn next(&self) -> String {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        format!("{}-{call}", self.prefix)
    }
}

/// The Lambda service as one execution's invocation sees it.
#[derive(Debug)]
pub(super) struct LambdaBackend {
    client: Client,
    arn: String,
    tenant_id: Option<String>,
    client_tokens: ClientTokens,
}

impl LambdaBackend {
    pub(super) fn new(client: Client, arn: String, tenant_id: Option<String>) -> Self {
        Self {
            client,
            arn,
            tenant_id,
            client_tokens: ClientTokens::new(),
        }
    }

    /// The function that this execution runs, with its version.
    fn function(&self) -> &str {
        self.arn
            .split_once("/durable-execution/")
            .map_or(&self.arn, |(function, _)| function)
    }
}

impl Backend for LambdaBackend {
    async fn checkpoint(
        &self,
        token: &str,
        updates: &[OperationUpdate],
    ) -> Result<Checkpointed, BackendError> {
        let client_token = self.client_tokens.next();
        match &self.client {
            #[cfg(feature = "lambda")]
            Client::Sdk(client) => {
                sdk::checkpoint(client, &self.arn, token, updates, client_token).await
            }
            #[cfg(feature = "lambda-lean")]
            Client::Lean(client) => {
                client
                    .checkpoint(&self.arn, token, updates, &client_token)
                    .await
            }
        }
    }

    async fn state(&self, token: &str, marker: &str) -> Result<StatePage, BackendError> {
        match &self.client {
            #[cfg(feature = "lambda")]
            Client::Sdk(client) => sdk::state(client, &self.arn, token, marker).await,
            #[cfg(feature = "lambda-lean")]
            Client::Lean(client) => client.state(&self.arn, token, marker).await,
        }
    }

    async fn restart(&self, successor: &Successor) -> Result<(), BackendError> {
        let tenant_id = self.tenant_id.as_deref();
        match &self.client {
            #[cfg(feature = "lambda")]
            Client::Sdk(client) => {
                sdk::restart(client, self.function(), tenant_id, successor).await
            }
            #[cfg(feature = "lambda-lean")]
            Client::Lean(client) => client.restart(self.function(), tenant_id, successor).await,
        }
    }

    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::wire::limits::CLIENT_TOKEN_MAX;

    #[test]
    fn no_two_calls_have_the_same_client_token() {
        let (one, two) = (ClientTokens::new(), ClientTokens::new());
        let tokens: HashSet<_> = (0..100).flat_map(|_| [one.next(), two.next()]).collect();
        assert_eq!(tokens.len(), 200);
    }

    #[test]
    fn the_service_takes_every_client_token() {
        let tokens = ClientTokens::new();
        tokens.calls.store(u64::MAX, Ordering::Relaxed);
        let last = tokens.next();
        assert!(last.len() <= CLIENT_TOKEN_MAX, "{last}");
        assert!(last.bytes().all(|byte| byte.is_ascii_graphic()), "{last}");
    }
}
