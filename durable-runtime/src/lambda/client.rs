//! The AWS client as a Lambda function needs it: everything comes from the environment that Lambda sets, so there is no `aws-config` in the binary.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{BehaviorVersion, Builder, Credentials, IdentityCache, Region};

/// Looks up an environment variable; one that is empty is not set.
pub(super) type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The process's own environment.
pub(super) fn process_environment() -> Lookup {
    Arc::new(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

pub(super) fn from_environment(lookup: &Lookup) -> Client {
    Client::from_conf(config(lookup).build())
}

/// The configuration, before anybody adds to it.
pub(super) fn config(lookup: &Lookup) -> Builder {
    let region = lookup("AWS_REGION").or_else(|| lookup("AWS_DEFAULT_REGION"));
    let endpoint = lookup("AWS_ENDPOINT_URL_LAMBDA").or_else(|| lookup("AWS_ENDPOINT_URL"));
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(region.map(Region::new))
        .credentials_provider(EnvironmentCredentials(Arc::clone(lookup)))
        // The environment is cheap to read, and a copy could be out of date after a thaw.
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::standard())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .read_timeout(Duration::from_secs(50))
                .build(),
        );
    config.set_endpoint_url(endpoint);
    config
}

/// The credentials of the function's role, read from the environment on each use.
struct EnvironmentCredentials(Lookup);

impl fmt::Debug for EnvironmentCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnvironmentCredentials")
    }
}

impl EnvironmentCredentials {
    fn read(&self) -> provider::Result {
        let variable = |name: &str| {
            (self.0)(name).ok_or_else(|| {
                CredentialsError::not_loaded(format!(
                    "`{name}` is not set; where credentials come from elsewhere, hand the host a client of your own with `.client(..)`"
                ))
            })
        };
        Ok(Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            (self.0)("AWS_SESSION_TOKEN"),
            None,
            "lambda environment",
        ))
    }
}

impl ProvideCredentials for EnvironmentCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(self.read())
    }
}
