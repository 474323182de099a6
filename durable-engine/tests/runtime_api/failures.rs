//! Invocations that end badly, in the words Lambda has for it.

use std::time::{Duration, Instant};

use durable_engine::FunctionError;
use durable_engine::runtime_api::Bootstrap;
use serde_json::json;

use crate::support::{bootstrap, eventually, invoke, invoke_with, parts, pid, request, runs};

#[tokio::test]
async fn an_error_of_the_function_is_its_own_and_the_process_goes_on() {
    let function = bootstrap("serve").start().unwrap();
    let before = pid(&function).await;

    let error = invoke(&function, json!({"do": "fail"})).await.unwrap_err();

    let FunctionError::Failed(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        parts(error),
        ("Declined".to_owned(), "the card was refused".to_owned())
    );
    assert_eq!(pid(&function).await, before);
}

#[tokio::test]
async fn a_process_that_exits_has_failed_its_invocation_and_the_next_one_gets_another() {
    let function = bootstrap("serve").start().unwrap();
    for (event, said) in [
        (
            json!({"do": "exit", "code": 3}),
            "Runtime exited with error: exit status 3",
        ),
        (
            json!({"do": "exit", "code": 0}),
            "Runtime exited without providing a reason",
        ),
        (
            json!({"do": "abort"}),
            "Runtime exited with error: signal: aborted",
        ),
    ] {
        let before = pid(&function).await;
        let request = request(&event);
        let id = request.request_id.clone();

        let error = invoke_with(&function, request).await.unwrap_err();

        let FunctionError::Crashed(error) = error else {
            panic!("{error:?}")
        };
        let (error_type, message) = parts(error);
        assert_eq!(error_type, "Runtime.ExitError");
        assert_eq!(message, format!("RequestId: {id} Error: {said}"));
        assert_ne!(pid(&function).await, before);
    }
}

#[tokio::test]
async fn a_process_that_ends_while_it_waits_harms_no_invocation() {
    let function = bootstrap("serve").start().unwrap();
    let first = invoke(&function, json!({"do": "die soon"})).await.unwrap();
    let first = first.as_u64().unwrap();
    // Between two invocations, in which it had nothing to do.
    eventually("it is gone", || !runs(first)).await;
    assert_ne!(pid(&function).await, first);
}

#[tokio::test]
async fn an_invocation_that_takes_too_long_is_ended_with_its_process() {
    let function = bootstrap("serve")
        .timeout(Duration::from_millis(1_500))
        .start()
        .unwrap();
    let before = pid(&function).await;
    let started = Instant::now();

    let error = invoke(&function, json!({"do": "sleep", "ms": 60_000}))
        .await
        .unwrap_err();

    let FunctionError::TimedOut(error) = error else {
        panic!("{error:?}")
    };
    let (error_type, message) = parts(error);
    assert_eq!(error_type, "Sandbox.Timedout");
    assert!(
        message.ends_with("Error: Task timed out after 1.50 seconds"),
        "{message}"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_ne!(pid(&function).await, before);
    assert_eq!(
        function.processes(),
        1,
        "the one that took too long is gone"
    );
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_an_error() {
    let function = bootstrap("serve").start().unwrap();
    let error = invoke(&function, json!({"do": "large"})).await.unwrap_err();
    let (error_type, _) = parts(error.into_object());
    assert_eq!(error_type, "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn a_process_that_can_not_initialise_says_why() {
    let function = bootstrap("init error").start().unwrap();
    let error = invoke(&function, json!({})).await.unwrap_err();
    let FunctionError::Failed(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(error.stack_trace, ["main", "init"]);
    assert_eq!(
        parts(error),
        ("NoTable".to_owned(), "TABLE is not set".to_owned())
    );
}

#[tokio::test]
async fn a_process_that_exits_at_once_has_crashed() {
    let function = bootstrap("exit").start().unwrap();
    let error = invoke(&function, json!({})).await.unwrap_err();
    let (error_type, message) = parts(error.into_object());
    assert_eq!(error_type, "Runtime.ExitError");
    assert!(message.ends_with("exit status 7"), "{message}");
}

#[tokio::test]
async fn a_process_that_never_asks_for_an_event_is_given_up() {
    let function = bootstrap("hang")
        .init_timeout(Duration::from_millis(300))
        .start()
        .unwrap();
    let error = invoke(&function, json!({})).await.unwrap_err();
    let (error_type, message) = parts(error.into_object());
    assert_eq!(error_type, "Sandbox.Timedout");
    assert!(message.contains("did not ask for an event"), "{message}");
}

#[tokio::test]
async fn what_is_no_program_is_an_invalid_entrypoint() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain.txt");
    std::fs::write(&plain, "no program").unwrap();
    for (program, why) in [
        ("/nowhere/bootstrap", "No such file"),
        (plain.to_str().unwrap(), "Permission denied"),
    ] {
        let function = Bootstrap::new("orders", [program]).start().unwrap();
        let error = invoke(&function, json!({})).await.unwrap_err();
        let FunctionError::Crashed(error) = error else {
            panic!("{error:?}")
        };
        let (error_type, message) = parts(error);
        assert_eq!(error_type, "Runtime.InvalidEntrypoint");
        assert!(
            message.contains(program) && message.contains(why),
            "{message}"
        );
    }
}

#[test]
fn a_function_without_a_command_is_refused() {
    let error = Bootstrap::new("orders", Vec::<String>::new())
        .start()
        .unwrap_err();
    assert!(error.to_string().contains("`orders`"), "{error}");
}
