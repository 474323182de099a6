//! [`LeanClient`]: attempts at a call, from the environment to the bytes of an answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::Full;

use super::connection::{Answer, Pool};
use super::endpoint::Endpoint;
use super::failure::{Failure, Refused};
use super::retries::Retries;
use super::signature::{Credentials, Moment, Signed};
use crate::lambda::environment::{Lookup, process_environment};

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("durable-runtime/", env!("CARGO_PKG_VERSION")));

/// The calls that a workflow makes, over hyper and rustls instead of the AWS SDK: less in the binary, and less done for each call (`benches/size` and `benches/calls` measure both). See
/// [the module](crate::lambda#which-client) for when to choose which.
///
/// Cheap to clone; clones share their connections. HTTP/1.1 with keep-alive, TLS 1.2 and 1.3 by ring, with AES-GCM and with certificates of RSA and ECDSA, and the certificate authorities of `webpki-roots`, which need no file
/// to be read in a cold start. At most 5 s to connect, and 50 s for a request with its whole answer.
///
/// Up to three attempts at a call, with the AWS SDK's schedule: after throttling, status 500, 502, 503 and 504 and a broken connection, a random delay
/// of up to 1 s, then of up to 2 s, or what `x-amz-retry-after` asks for (milliseconds, at most 20 s). Unlike the SDK it keeps no quota of retries. A kept connection that
/// turns out to be closed is replaced at once, which is no attempt.
///
/// | variable | what |
/// | --- | --- |
/// | `AWS_REGION`, else `AWS_DEFAULT_REGION` | the region that requests are signed for, and whose endpoint is called |
/// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | the credentials, read anew for each attempt |
/// | `AWS_ENDPOINT_URL_LAMBDA`, else `AWS_ENDPOINT_URL` | another endpoint, `https` or `http`, a path allowed |
/// | `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT` | refused when `true`, the second one unless an endpoint is named |
/// | `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, `AWS_CA_BUNDLE`, `SSL_CERT_FILE` | ignored |
#[derive(Clone)]
pub struct LeanClient {
    shared: Arc<Shared>,
    retries: Retries,
}

struct Shared {
    environment: Lookup,
    /// Or why there is none.
    target: Result<(Endpoint, Pool), String>,
}

impl fmt::Debug for LeanClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.shared.target.as_ref();
        f.debug_struct("LeanClient")
            .field("endpoint", &target.map(|(endpoint, _)| endpoint))
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

/// What is to be asked of the service.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Its segments percent-encoded.
    pub(super) path: String,
    /// In the order of the names, values percent-encoded.
    pub(super) query: String,
    /// Beside those that every call has.
    pub(super) headers: &'a [(&'static str, &'a str)],
    pub(super) body: Bytes,
}

/// Takes an answer's body, or says why it can't.
pub(super) type Read<'a> = dyn FnMut(&str) -> serde_json::Result<()> + Send + 'a;

impl LeanClient {
    /// A client that goes by the process's environment variables.
    ///
    /// Where these don't name a service (see [`problem`](Self::problem)), each call fails and says why.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::new(process_environment())
    }

    /// A client that goes by the variables that `lookup` gives instead of the process's own: for credentials from elsewhere, and for tests.
    ///
    /// `lookup` is asked for the region and the endpoint once, for credentials at each attempt, and may be called from any thread. `None` and an empty text both mean that a
    /// variable is not set.
    ///
    /// ```
    /// use durable_runtime::lambda::LeanClient;
    ///
    /// let client = LeanClient::with_environment(|name| {
    ///     let value = match name {
    ///         "AWS_REGION" => "eu-west-1",
    ///         "AWS_ENDPOINT_URL_LAMBDA" => "http://127.0.0.1:3001",
    ///         "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "local",
    ///         _ => return None,
    ///     };
    ///     Some(value.to_owned())
    /// });
    /// assert_eq!(client.problem(), None);
    /// ```
    #[must_use]
    pub fn with_environment(
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Arc::new(move |name| {
            lookup(name).filter(|value| !value.is_empty())
        }))
    }

    pub(in crate::lambda) fn new(environment: Lookup) -> Self {
        let target = Endpoint::of(&environment).and_then(|endpoint| Ok((endpoint, Pool::new()?)));
        Self {
            shared: Arc::new(Shared {
                environment,
                target,
            }),
            retries: Retries::default(),
        }
    }

    /// How often a call is attempted in all; 0 is read as 1. By default 3.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.retries.max_attempts = attempts;
        self
    }

    /// The longest pause before the second attempt, which doubles before each further one, up to 20 s. By default 1 s.
    #[must_use]
    pub fn initial_backoff(mut self, delay: Duration) -> Self {
        self.retries.initial_backoff = delay;
        self
    }

    /// Why no call can succeed, if the environment doesn't name a service that this client can call. The host's [`run`](crate::lambda::run) ends with it at once.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.shared.target.as_ref().err().map(String::as_str)
    }

    /// Makes the call until there is an answer that `read` takes, or no point in trying.
    ///
    /// A function that gives a boxed future, since the compiler would copy an `async fn` and everything beneath into each of its callers.
    pub(super) fn call<'a>(
        &'a self,
        call: &'a Call<'a>,
        read: &'a mut Read<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>> {
        Box::pin(async move {
            let mut attempt = 1;
            loop {
                let failure = match self.attempt(call).await {
                    Ok(body) => match text(&body).and_then(&mut *read) {
                        Ok(()) => return Ok(()),
                        Err(error) => {
                            Failure::Unanswered(format!("the answer can't be read: {error}"))
                        }
                    },
                    Err(failure) => failure,
                };
                let Some(delay) = self.retries.after(attempt, &failure) else {
                    return Err(failure);
                };
                tracing::debug!(
                    attempt,
                    ?failure,
                    ?delay,
                    "a call to the service is repeated"
                );
                tokio::time::sleep(delay).await;
                attempt = attempt.saturating_add(1);
            }
        })
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Bytes, Failure> {
        let Shared {
            environment,
            target,
        } = &*self.shared;
        let (endpoint, pool) = target
            .as_ref()
            .map_err(|reason| Failure::Unready(reason.clone()))?;
        let (uri, signed) = prepare(call, endpoint, environment).map_err(Failure::Unready)?;
        let request = || {
            let mut request = Request::new(Full::new(call.body.clone()));
            *request.method_mut() = call.method.clone();
            *request.uri_mut() = uri.clone();
            let mut headers = HeaderMap::with_capacity(signed.len());
            headers.extend(signed.iter().cloned());
            *request.headers_mut() = headers;
            request
        };
        let Answer {
            status,
            headers,
            body,
        } = pool
            .call(endpoint, request)
            .await
            .map_err(Failure::Unanswered)?;
        if (200..300).contains(&status) {
            Ok(body)
        } else {
            Err(Failure::Refused(Refused::read(status, &headers, &body)))
        }
    }
}

/// The body as text: so the reader of an answer is the one of an event, and there is one of them in the binary.
fn text(body: &[u8]) -> serde_json::Result<&str> {
    std::str::from_utf8(body).map_err(serde::de::Error::custom)
}

/// The request line's URI and the headers, signed as of now.
fn prepare(
    call: &Call<'_>,
    endpoint: &Endpoint,
    environment: &Lookup,
) -> Result<(Uri, Vec<(HeaderName, HeaderValue)>), String> {
    let credentials = credentials(environment)?;
    let moment = Moment::new(SystemTime::now());
    let path = format!("{}{}", endpoint.base, call.path);

    let mut headers: Vec<(&'static str, &str)> = Vec::with_capacity(8);
    headers.push(("host", &endpoint.authority));
    headers.push(("x-amz-date", moment.as_str()));
    if let Some(token) = &credentials.session_token {
        headers.push(("x-amz-security-token", token));
    }
    headers.extend_from_slice(call.headers);
    headers.sort_unstable();
    let signed = Signed {
        method: call.method.as_str(),
        path: &path,
        query: &call.query,
        headers: &headers,
        body: &call.body,
    };
    let authorization = signed.authorization(&credentials, &endpoint.region, &moment);

    // Not signed, since proxies may change it. By it the service notices functions that invoke each other without end.
    let trace =
        environment("AWS_LAMBDA_FUNCTION_NAME").and_then(|_| environment("_X_AMZN_TRACE_ID"));
    if let Some(trace) = &trace {
        headers.push(("x-amzn-trace-id", trace));
    }
    headers.push(("authorization", &authorization));
    let mut values = Vec::with_capacity(headers.len() + 1);
    for (name, value) in headers {
        let value = HeaderValue::from_str(value)
            .map_err(|_| format!("`{name}` would contain what no HTTP header takes"))?;
        values.push((HeaderName::from_static(name), value));
    }
    values.push((HeaderName::from_static("user-agent"), AGENT));

    let target = if call.query.is_empty() {
        path
    } else {
        format!("{path}?{}", call.query)
    };
    let uri = Uri::try_from(target).map_err(|error| format!("no address of the call: {error}"))?;
    Ok((uri, values))
}

/// Those of the function's role. The environment is cheap to read, and a copy could be out of date after a thaw.
fn credentials(environment: &Lookup) -> Result<Credentials, String> {
    let variable = |name: &str| {
        environment(name).ok_or_else(|| {
            format!(
                "`{name}` is not set; where credentials come from elsewhere, hand the host a client that knows them with `.lean_client(..)`"
            )
        })
    };
    Ok(Credentials {
        access_key_id: variable("AWS_ACCESS_KEY_ID")?,
        secret_access_key: variable("AWS_SECRET_ACCESS_KEY")?,
        session_token: environment("AWS_SESSION_TOKEN"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::environment::tests::environment;

    const COMPLETE: [(&str, &str); 4] = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1/base/"),
        ("AWS_ACCESS_KEY_ID", "old"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];

    fn call() -> Call<'static> {
        Call {
            method: Method::GET,
            path: "/path".to_owned(),
            query: "Marker=m".to_owned(),
            headers: &[("x-amz-tenant-id", "t")],
            body: Bytes::new(),
        }
    }

    /// The values of this header in a request that is prepared now.
    fn header(environment: &Lookup, name: &str) -> Vec<String> {
        let endpoint = Endpoint::of(environment).unwrap();
        let (_, headers) = prepare(&call(), &endpoint, environment).unwrap();
        headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn credentials_are_read_anew_on_each_use() {
        let (lookup, all) = environment(&COMPLETE);
        let [first] = &header(&lookup, "authorization")[..] else {
            panic!("one signature");
        };
        assert!(first.contains("Credential=old/"), "{first}");
        assert!(!first.contains("x-amz-security-token"), "{first}");

        all.lock().insert("AWS_ACCESS_KEY_ID".into(), "new".into());
        all.lock()
            .insert("AWS_SESSION_TOKEN".into(), "session".into());
        let [second] = &header(&lookup, "authorization")[..] else {
            panic!("one signature");
        };
        assert!(second.contains("Credential=new/"), "{second}");
        assert!(
            second.contains("SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-tenant-id,"),
            "{second}"
        );
        assert_eq!(header(&lookup, "x-amz-security-token"), ["session"]);
    }

    #[test]
    fn the_trace_goes_along_on_lambda_only() {
        let (lookup, all) = environment(&COMPLETE);
        all.lock()
            .insert("_X_AMZN_TRACE_ID".into(), "Root=1".into());
        assert_eq!(header(&lookup, "x-amzn-trace-id"), [""; 0]);
        all.lock()
            .insert("AWS_LAMBDA_FUNCTION_NAME".into(), "f".into());
        assert_eq!(header(&lookup, "x-amzn-trace-id"), ["Root=1"]);
        assert!(!header(&lookup, "authorization")[0].contains("trace"));
    }

    #[test]
    fn the_endpoints_path_comes_first() {
        let (lookup, _) = environment(&COMPLETE);
        let endpoint = Endpoint::of(&lookup).unwrap();
        let (uri, _) = prepare(&call(), &endpoint, &lookup).unwrap();
        assert_eq!(uri, "/base/path?Marker=m");
        assert_eq!(header(&lookup, "host"), ["127.0.0.1:1"]);
    }

    #[tokio::test]
    async fn what_is_missing_is_named_and_not_tried_again() {
        let (lookup, all) = environment(&COMPLETE);
        all.lock().remove("AWS_SECRET_ACCESS_KEY");
        let client = LeanClient::new(lookup);
        assert_eq!(client.problem(), None);
        let failure = client.call(&call(), &mut |_| Ok(())).await.unwrap_err();
        let Failure::Unready(reason) = failure else {
            panic!("{failure:?}");
        };
        assert!(reason.contains("`AWS_SECRET_ACCESS_KEY`"), "{reason}");

        let nowhere = LeanClient::new(environment(&[]).0);
        assert!(nowhere.problem().unwrap().contains("`AWS_REGION`"));
        let failure = nowhere.call(&call(), &mut |_| Ok(())).await.unwrap_err();
        assert!(matches!(failure, Failure::Unready(_)), "{failure:?}");
    }
}
