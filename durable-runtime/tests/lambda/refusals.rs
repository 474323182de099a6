//! What a failed call means: the invocation breaks off and is repeated, or the execution fails.

use durable_runtime::lambda;
use durable_runtime::prelude::*;
use durable_runtime::wire::InvocationStatus;

use crate::support::{Answer, Client, Stub, envelope, invoke, refused, with_each_client};

with_each_client! {
    every_class_of_refusal_has_its_ending,
    a_missing_permission_is_named,
    an_answer_that_can_not_be_read_says_nothing_about_the_checkpoint,
    a_service_that_can_not_be_reached_is_asked_again_by_the_next_invocation,
    a_page_of_state_that_is_refused_fails_the_execution_and_a_busy_service_does_not,
    without_a_log_a_failed_invocation_is_a_line_on_stderr,
}

#[step]
async fn charge() -> u64 {
    17
}

#[durable_workflow]
async fn pay() -> u64 {
    charge().await
}

/// How the invocation ends whose first checkpoint is refused like this, also when the client repeats it.
async fn ending_of(client: Client, answer: Answer) -> (&'static str, String) {
    let stub = Stub::answering([answer.clone(), answer]);
    let service = stub.host(client, lambda::host(pay)).await;
    match invoke(&service, envelope("null")).await {
        Ok(output) => {
            assert_eq!(output.status, InvocationStatus::Failed);
            let error = output.error.unwrap();
            assert_eq!(error.error_type.as_deref(), Some("CheckpointRejected"));
            ("failed", error.error_message.unwrap())
        }
        Err(failure) => (failure.error_type, failure.message),
    }
}

async fn every_class_of_refusal_has_its_ending(client: Client) {
    for (status, code, message, ending) in [
        (
            400,
            "InvalidParameterValueException",
            "Invalid Checkpoint Token: it was used before",
            "StaleCheckpointToken",
        ),
        (
            400,
            "InvalidParameterValueException",
            "invalid checkpoint token",
            "StaleCheckpointToken",
        ),
        (
            400,
            "InvalidParameterValueException",
            "STEP can't start twice",
            "failed",
        ),
        (403, "AccessDeniedException", "not authorized", "failed"),
        (
            404,
            "ResourceNotFoundException",
            "no such execution",
            "failed",
        ),
        (418, "SomethingNew", "unheard of", "failed"),
        (
            403,
            "ExpiredTokenException",
            "the security token is expired",
            "CheckpointUnavailable",
        ),
        (408, "RequestTimeout", "slow", "CheckpointUnavailable"),
        (
            429,
            "TooManyRequestsException",
            "slow down",
            "CheckpointThrottled",
        ),
        (
            400,
            "ThrottlingException",
            "slow down",
            "CheckpointThrottled",
        ),
        (500, "ServiceException", "oops", "CheckpointUnavailable"),
        (503, "", "", "CheckpointUnavailable"),
        (502, "KMSAccessDeniedException", "no key", "failed"),
        (502, "KMSDisabledException", "no key", "failed"),
        (502, "KMSInvalidStateException", "no key", "failed"),
        (502, "KMSNotFoundException", "no key", "failed"),
    ] {
        let (seen, said) = ending_of(client, refused(status, code, message)).await;
        assert_eq!(seen, ending, "{status} {code}: {said}");
        assert!(
            said.contains("CheckpointDurableExecution")
                && said.contains(code)
                && said.contains(message),
            "{status} {code}: {said}"
        );
    }
}

async fn a_missing_permission_is_named(client: Client) {
    let (_, said) = ending_of(
        client,
        refused(403, "AccessDeniedException", "not authorized"),
    )
    .await;
    assert!(
        said.contains("needs `lambda:CheckpointDurableExecution`"),
        "{said}"
    );
}

async fn an_answer_that_can_not_be_read_says_nothing_about_the_checkpoint(client: Client) {
    let (ending, said) = ending_of(client, (200, serde_json::json!("no object"))).await;
    assert_eq!(ending, "CheckpointUnavailable", "{said}");
}

async fn a_service_that_can_not_be_reached_is_asked_again_by_the_next_invocation(client: Client) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let service = client.calling(&nobody, lambda::host(pay)).into_service();

    let failure = invoke(&service, envelope("null")).await.unwrap_err();

    assert_eq!(failure.error_type, "CheckpointUnavailable", "{failure}");
}

async fn a_page_of_state_that_is_refused_fails_the_execution_and_a_busy_service_does_not(
    client: Client,
) {
    for (status, code, ending) in [
        (400, "InvalidParameterValueException", None),
        (429, "TooManyRequestsException", Some("CheckpointThrottled")),
    ] {
        let answer = refused(status, code, "no");
        let service = Stub::answering([answer.clone(), answer])
            .host(client, lambda::host(pay))
            .await;
        let mut event = envelope("null");
        event["InitialExecutionState"]["NextMarker"] = "more".into();

        let ended = invoke(&service, event).await;

        match ending {
            Some(error_type) => assert_eq!(ended.unwrap_err().error_type, error_type),
            None => {
                let error = ended.unwrap().error.unwrap();
                assert_eq!(error.error_type.as_deref(), Some("StateRejected"));
            }
        }
    }
}

/// Set for the process that [`without_a_log_a_failed_invocation_is_a_line_on_stderr`] starts.
const ALONE: &str = "DURABLE_TEST_ALONE";

async fn without_a_log_a_failed_invocation_is_a_line_on_stderr(client: Client) {
    if std::env::var_os(ALONE).is_some() {
        let busy = (503, serde_json::json!({}));
        let stub = Stub::answering([busy.clone(), busy]);
        let service = stub.host(client, lambda::host(pay)).await;
        invoke(&service, envelope("null")).await.unwrap_err();
        return;
    }
    // In a process of its own: other tests here may set up a log.
    let of_client = format!("{client:?}").to_lowercase();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .arg("--exact")
        .arg(format!(
            "refusals::{of_client}::without_a_log_a_failed_invocation_is_a_line_on_stderr"
        ))
        .arg("--nocapture")
        .env(ALONE, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8(child.stderr).unwrap();
    assert!(child.status.success(), "{printed}");
    let lines = printed.lines().filter(|line| line.contains("durable: "));
    assert_eq!(lines.count(), 1, "{printed}");
    assert!(
        printed.contains("ends with CheckpointUnavailable"),
        "{printed}"
    );
}
