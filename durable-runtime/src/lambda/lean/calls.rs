//! The three calls: their paths, members and answers, as the service's model has them.

use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};

use super::client::{Call, LeanClient};
use super::failure::Failure;
use crate::host::{BackendError, BackendErrorKind, Checkpointed, StatePage, Successor};
use crate::lambda::backend::PAGE;
use crate::wire::{self, OperationUpdate};

const JSON: (&str, &str) = ("content-type", "application/json");

/// The refusal that says the successor was started before.
const ALREADY_STARTED: &str = "DurableExecutionAlreadyStartedException";

/// A path's segment or a query's value, percent-encoded but for what both may contain as it is (RFC 3986, 2.3); the signature takes no other.
fn encoded(text: &str) -> String {
    let digit = |half: u8| {
        char::from(if half < 10 {
            b'0' + half
        } else {
            b'A' + half - 10
        })
    };
    // A quarter more takes the colons and slashes of an ARN.
    let mut encoded = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', digit(byte >> 4), digit(byte & 0xf)]);
        }
    }
    encoded
}

/// [`wire::CheckpointRequest`], borrowed.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CheckpointRequest<'a> {
    checkpoint_token: &'a str,
    updates: &'a [OperationUpdate],
    client_token: &'a str,
}

/// [`wire::CheckpointResponse`], and one without the state that it should have, as the AWS SDK reads it too.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CheckpointResponse {
    checkpoint_token: Option<String>,
    new_execution_state: Option<wire::StatePage>,
}

impl LeanClient {
    pub(in crate::lambda) async fn checkpoint(
        &self,
        arn: &str,
        token: &str,
        updates: &[OperationUpdate],
        client_token: &str,
    ) -> Result<Checkpointed, BackendError> {
        const NAME: &str = "CheckpointDurableExecution";
        let request = CheckpointRequest {
            checkpoint_token: token,
            updates,
            client_token,
        };
        let body = serde_json::to_vec(&request).map_err(|error| {
            BackendError::new(
                BackendErrorKind::Rejected,
                format_args!("{NAME} can't be written: {error}"),
            )
        })?;
        let call = Call {
            method: Method::POST,
            path: format!("/2025-12-01/durable-executions/{}/checkpoint", encoded(arn)),
            query: String::new(),
            headers: &[JSON],
            body: Bytes::from(body),
        };
        let mut answer = CheckpointResponse::default();
        self.call(&call, &mut |body| {
            answer = serde_json::from_str(body)?;
            Ok(())
        })
        .await
        .map_err(|failure| failure.error(NAME))?;
        let state = answer.new_execution_state.unwrap_or_default();
        Ok(Checkpointed {
            token: answer.checkpoint_token.filter(|token| !token.is_empty()),
            operations: state.operations,
            next_marker: state.next_marker,
        })
    }

    pub(in crate::lambda) async fn state(
        &self,
        arn: &str,
        token: &str,
        marker: &str,
    ) -> Result<StatePage, BackendError> {
        let call = Call {
            method: Method::GET,
            path: format!("/2025-12-01/durable-executions/{}/state", encoded(arn)),
            query: format!(
                "CheckpointToken={}&Marker={}&MaxItems={PAGE}",
                encoded(token),
                encoded(marker)
            ),
            headers: &[],
            body: Bytes::new(),
        };
        let mut page = wire::StatePage::default();
        self.call(&call, &mut |body| {
            page = serde_json::from_str(body)?;
            Ok(())
        })
        .await
        .map_err(|failure| failure.error("GetDurableExecutionState"))?;
        Ok(StatePage {
            operations: page.operations,
            next_marker: page.next_marker,
        })
    }

    pub(in crate::lambda) async fn restart(
        &self,
        function: &str,
        tenant_id: Option<&str>,
        successor: &Successor,
    ) -> Result<(), BackendError> {
        let mut headers = vec![
            JSON,
            ("x-amz-invocation-type", "Event"),
            ("x-amz-durable-execution-name", successor.name()),
        ];
        headers.extend(tenant_id.map(|id| ("x-amz-tenant-id", id)));
        let call = Call {
            method: Method::POST,
            path: format!("/2015-03-31/functions/{}/invocations", encoded(function)),
            query: String::new(),
            headers: &headers,
            body: Bytes::copy_from_slice(successor.input().as_ref()),
        };
        match self.call(&call, &mut |_| Ok(())).await {
            Ok(()) => Ok(()),
            // By an earlier try, whose answer never came.
            Err(Failure::Refused(refused)) if refused.code.as_deref() == Some(ALREADY_STARTED) => {
                Ok(())
            }
            Err(failure) => Err(failure.error("InvokeFunction")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_is_percent_encoded() {
        assert_eq!(
            encoded("arn:aws:lambda:x:1:function:a-b_c:$LATEST/durable-execution/~1.2"),
            "arn%3Aaws%3Alambda%3Ax%3A1%3Afunction%3Aa-b_c%3A%24LATEST%2Fdurable-execution%2F~1.2"
        );
        assert_eq!(encoded("a+/= \u{e9}%"), "a%2B%2F%3D%20%C3%A9%25");
    }
}
