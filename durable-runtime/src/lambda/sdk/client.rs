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

use crate::lambda::environment::{self, Lookup};

pub(in crate::lambda) fn from_environment(lookup: &Lookup) -> Client {
    Client::from_conf(config(lookup).build())
}

/// The configuration, before anybody adds to it.
pub(super) fn config(lookup: &Lookup) -> Builder {
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(environment::region(lookup).map(Region::new))
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
    config.set_endpoint_url(environment::endpoint(lookup));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::environment::tests::environment;
    use crate::lock::Mutex;

    #[test]
    fn credentials_are_read_anew_on_each_use() {
        let (lookup, all) = environment(&[
            ("AWS_ACCESS_KEY_ID", "old"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "session"),
        ]);
        let credentials = EnvironmentCredentials(lookup);
        let first = credentials.read().unwrap();
        assert_eq!(
            (first.access_key_id(), first.session_token()),
            ("old", Some("session"))
        );

        all.lock()
            .insert("AWS_ACCESS_KEY_ID".to_owned(), "new".to_owned());
        assert_eq!(credentials.read().unwrap().access_key_id(), "new");

        all.lock().remove("AWS_SECRET_ACCESS_KEY");
        let missing = std::error::Error::source(&credentials.read().unwrap_err())
            .unwrap()
            .to_string();
        assert!(missing.contains("`AWS_SECRET_ACCESS_KEY`"), "{missing}");
    }

    #[test]
    fn the_region_is_the_environments() {
        let config = config(&environment(&[("AWS_REGION", "eu-west-1")]).0).build();
        assert_eq!(
            config.region().map(ToString::to_string).as_deref(),
            Some("eu-west-1")
        );
    }

    #[tokio::test]
    async fn the_environments_endpoint_is_called() {
        let nowhere = |port: u16| format!("http://127.0.0.1:{port}");
        for (variables, expected) in [
            (
                vec![
                    ("AWS_ENDPOINT_URL_LAMBDA", nowhere(1)),
                    ("AWS_ENDPOINT_URL", nowhere(2)),
                ],
                "127.0.0.1:1",
            ),
            (vec![("AWS_ENDPOINT_URL", nowhere(2))], "127.0.0.1:2"),
        ] {
            let mut all = vec![
                ("AWS_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "id"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
            ];
            all.extend(variables.iter().map(|(name, value)| (*name, &**value)));
            let config = config(&environment(&all).0)
                .retry_config(RetryConfig::disabled())
                .build();
            let called = Arc::new(Mutex::new(String::new()));
            let seen = Arc::clone(&called);
            let call = Client::from_conf(config)
                .get_durable_execution_state()
                .durable_execution_arn("arn")
                .checkpoint_token("t")
                .customize()
                .mutate_request(move |request| *seen.lock() = request.uri().to_owned())
                .send()
                .await;
            assert!(call.is_err(), "nobody listens there");
            assert!(called.lock().contains(expected), "{}", called.lock());
        }
    }
}
