//! [`Failure`]: how an attempt at a call failed.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use crate::host::BackendError;
use crate::lambda::refusal::{Refusal, unanswered};

#[derive(Debug)]
pub(super) enum Failure {
    /// There was no request: the environment lacks what it needs.
    Unready(String),
    /// No answer came, or none that can be read.
    Unanswered(String),
    Refused(Refused),
}

impl Failure {
    pub(super) fn error(&self, call: &str) -> BackendError {
        match self {
            Self::Unready(reason) | Self::Unanswered(reason) => unanswered(call, reason),
            Self::Refused(refused) => refused.refusal().error(call),
        }
    }
}

/// An answer that isn't a success.
#[derive(Debug, Default)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

/// The body of a refusal. A proxy's may be anything, so nothing of it is needed, and what is no text is passed over.
#[derive(Default)]
struct Body {
    code: Option<String>,
    kind: Option<String>,
    message: Option<String>,
}

impl Body {
    fn read(body: &[u8]) -> Self {
        let members: HashMap<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
        Self {
            code: text("code"),
            kind: text("__type"),
            message: text("message")
                .or_else(|| text("Message"))
                .or_else(|| text("errorMessage")),
        }
    }
}

impl Refused {
    pub(super) fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let header = |name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
        };
        let body = Body::read(body);
        let code = header("x-amzn-errortype").or(body.code).or(body.kind);
        Self {
            status,
            code: code.map(|code| bare(&code).to_owned()),
            message: body.message,
            request_id: header("x-amzn-requestid").or_else(|| header("x-amz-request-id")),
            // Milliseconds. The plain `retry-after` is not looked at, as the AWS SDK doesn't either.
            retry_after: header("x-amz-retry-after")
                .and_then(|millis| millis.parse().ok())
                .map(Duration::from_millis),
        }
    }

    pub(super) fn refusal(&self) -> Refusal<'_> {
        Refusal {
            status: self.status,
            code: self.code.as_deref(),
            message: self.message.as_deref(),
            request_id: self.request_id.as_deref(),
        }
    }
}

/// `namespace#Code:url` is `Code`.
fn bare(code: &str) -> &str {
    let code = code.split_once(':').map_or(code, |(code, _)| code);
    code.split_once('#').map_or(code, |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &str)], body: &str) -> Refused {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        Refused::read(400, &headers, body.as_bytes())
    }

    #[test]
    fn the_code_is_the_headers_and_else_the_bodys() {
        let code = |headers: &[_], body| read(headers, body).code;
        let header = ("x-amzn-errortype", "SlowDown:http://internal/");
        assert_eq!(
            code(&[header], r#"{"code":"Other"}"#).as_deref(),
            Some("SlowDown")
        );
        assert_eq!(
            code(&[], r#"{"code":"A","__type":"B"}"#).as_deref(),
            Some("A")
        );
        assert_eq!(
            code(&[], r#"{"__type":"aws.lambda#B"}"#).as_deref(),
            Some("B")
        );
        assert_eq!(code(&[("x-amzn-errortype", "")], "<html>"), None);
    }

    #[test]
    fn message_request_and_delay_are_read() {
        for body in [
            r#"{"message":"no"}"#,
            r#"{"Message":"no"}"#,
            r#"{"errorMessage":"no"}"#,
        ] {
            assert_eq!(read(&[], body).message.as_deref(), Some("no"), "{body}");
        }
        let refused = read(
            &[
                ("x-amzn-requestid", "r-1"),
                ("x-amz-retry-after", "1500"),
                ("retry-after", "9"),
            ],
            "",
        );
        assert_eq!(refused.request_id.as_deref(), Some("r-1"));
        assert_eq!(refused.retry_after, Some(Duration::from_millis(1500)));
        assert_eq!(read(&[("x-amz-retry-after", "soon")], "").retry_after, None);
    }
}
