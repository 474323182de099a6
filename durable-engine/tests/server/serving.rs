//! Who is let in, what is too much, and how it ends.

use std::time::Duration;

use durable_engine::TestEngine;
use durable_engine::server::{Credentials, Server, ServerError};
use durable_runtime::wire::InvocationOutput;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::held::{Held, execution};
use crate::http::{Request, exchange};
use crate::model::{assert_answered, assert_refused};

#[tokio::test]
async fn only_loopback_is_listened_on_unless_callers_are_asked_who_they_are() {
    let engine = TestEngine::builder().start().await.unwrap();
    let server = Server::new(engine.service());
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = server.clone().bind(address).await.unwrap_err();
        assert!(matches!(refused, ServerError::Remote { .. }), "{refused}");
        assert!(refused.to_string().contains(".authenticate("), "{refused}");
    }
    let nobody = server.clone().authenticate(Credentials::new());
    let refused = nobody.bind("127.0.0.1:0").await.unwrap_err();
    assert!(matches!(refused, ServerError::NoCredentials), "{refused}");
    let token = Credentials::new().bearer_token("0fd1b9c8a4e7435c").unwrap();
    let asking = server.clone().authenticate(token).bind("0.0.0.0:0").await;
    assert!(asking.unwrap().local_addr().ip().is_unspecified());

    let first = server.clone().bind("localhost:0").await.unwrap();
    let taken = server.bind(first.local_addr()).await.unwrap_err();
    assert!(matches!(taken, ServerError::Bind(_)), "{taken}");
}

#[tokio::test]
async fn what_the_service_does_not_have_is_an_unknown_operation() {
    let held = Held::start().await;
    for (method, path) in [
        ("GET", "/"),
        ("OPTIONS", "*"),
        ("POST", "/2025-12-01/durable-executions"),
        ("PUT", "/2015-03-31/functions/orders/invocations"),
        ("GET", "/2015-03-31/functions/orders"),
        ("POST", "/2025-12-01/durable-executions//checkpoint"),
    ] {
        let answer = Request::new(method, path).send(held.address).await;
        assert_refused(None, &answer);
        assert_eq!(answer.exception(), "UnknownOperationException");
        assert_eq!(answer.status, 404);
    }
}

/// The client asks before it sends, and is told at once.
#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let held = Held::start().await;
    let invocation = held.invocation().await;
    let path = execution(&invocation.input.durable_execution_arn);
    let long = "1000000000";
    for (operation, path, words) in [
        (
            "CheckpointDurableExecution",
            format!("{path}/checkpoint"),
            "limit is",
        ),
        ("StopDurableExecution", format!("{path}/stop"), "limit is"),
        ("PauseDurableExecution", format!("{path}/pause"), "limit is"),
        (
            "Invoke",
            "/2015-03-31/functions/echo/invocations".to_owned(),
            "limit 6291456 bytes",
        ),
    ] {
        let request = Request::new("POST", path)
            .header("content-length", long)
            .header("expect", "100-continue");
        let answer = request.send(held.address).await;
        assert_refused(Some(operation), &answer);
        assert_eq!(
            (answer.status, answer.exception()),
            (413, "RequestTooLargeException")
        );
        let message = answer.message();
        assert!(
            message.contains(long) && message.contains(words),
            "{message}"
        );
    }
    let request = Request::new("POST", "/2025-12-01/durable-execution-callbacks/YQ/succeed")
        .header("content-length", long)
        .header("expect", "100-continue");
    let answer = request.send(held.address).await;
    assert_refused(Some("SendDurableExecutionCallbackSuccess"), &answer);
    assert!(answer.message().contains("'Result'"), "{answer:?}");
}

#[tokio::test]
async fn a_body_of_unknown_length_is_read_to_its_limit() {
    let held = Held::start().await;
    let chunk = [
        b"100000\r\n".to_vec(),
        vec![b' '; 0x0010_0000],
        b"\r\n".to_vec(),
    ]
    .concat();
    let request = |chunks: usize| {
        let body = [chunk.repeat(chunks), b"1\r\n7\r\n0\r\n\r\n".to_vec()].concat();
        let path = "/2015-03-31/functions/echo/invocations";
        let request = Request::new("POST", path).header("transfer-encoding", "chunked");
        request.body(body)
    };
    let answer = request(5).send(held.address).await;
    assert_eq!((answer.status, answer.body.trim_ascii()), (200, &b"7"[..]));
    let answer = request(6).send(held.address).await;
    assert_refused(Some("Invoke"), &answer);
    assert_eq!(answer.status, 413);
}

/// The largest result there is, with every byte escaped, is no body that is too large. Only who invokes synchronously may have it.
#[tokio::test]
async fn the_longest_form_of_the_largest_result_is_taken() {
    let held = Held::start().await;
    let (address, path) = (held.address, "/2015-03-31/functions/orders/invocations");
    let invoke = async move { Request::new("POST", path).send(address).await };
    let waiting = tokio::spawn(invoke);
    let mut invocation = held.next().await;
    let result = "\u{1}".repeat(6_291_456);
    let end = json!([{"Id": "end", "Type": "EXECUTION", "Action": "SUCCEED", "Payload": result}]);
    held.checkpoint(&mut invocation.input, end).await;
    invocation.answer(&InvocationOutput::succeeded(""));
    let answer = waiting.await.unwrap();
    assert_eq!(
        (answer.status, answer.body == result.as_bytes()),
        (200, true)
    );
}

#[tokio::test]
async fn one_connection_takes_many_requests() {
    let held = Held::start().await;
    let request = Request::new("POST", "/2015-03-31/functions/echo/invocations").body("[1]");
    let kept = String::from_utf8(request.bytes()).unwrap();
    let kept = kept.replace("connection: close\r\n", "");
    let nowhere = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let all = [kept.as_bytes(), nowhere.as_bytes(), &request.bytes()].concat();
    let answers = exchange(held.address, &all).await;
    let rest = String::from_utf8(answers.body).unwrap();
    assert_eq!(answers.status, 200);
    assert!(rest.contains("UnknownOperationException"), "{rest}");
    assert!(rest.ends_with("[1]"), "{rest}");
}

/// What was sent is done although nobody waits for the answer.
#[tokio::test]
async fn a_client_that_hangs_up_leaves_nothing_half_done() {
    let held = Held::start().await;
    let mut invocation = held.invocation().await;
    let input = &mut invocation.input;
    let path = execution(&input.durable_execution_arn);
    let updates = json!([{"Id": "a", "Type": "STEP", "Action": "START"}]);
    let body = json!({"CheckpointToken": input.checkpoint_token, "Updates": updates, "ClientToken": "once"});
    let request = Request::new("POST", format!("{path}/checkpoint")).body(body.to_string());
    let mut stream = TcpStream::connect(held.address).await.unwrap();
    stream.write_all(&request.bytes()).await.unwrap();
    drop(stream);

    // The same call again is answered as the first would have been, whether that came through or not.
    let answer = request.send(held.address).await;
    assert_answered("CheckpointDurableExecution", &answer);
    let token = answer.json()["CheckpointToken"].clone();
    token
        .as_str()
        .unwrap()
        .clone_into(&mut input.checkpoint_token);
    let done = json!([{"Id": "a", "Type": "STEP", "Action": "SUCCEED", "Payload": "1"}]);
    held.checkpoint(input, done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_answers_who_waits() {
    let mut held = Held::start().await;
    let address = held.address;
    let invoke = Request::new("POST", "/2015-03-31/functions/orders/invocations").body("{}");
    let waiting = tokio::spawn(async move { invoke.send(address).await });
    let _invocation = held.next().await;
    held.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(10), &mut held.serving).await;
    ended.unwrap().unwrap().unwrap();
    let answer = waiting.await.unwrap();
    assert_eq!(
        (answer.status, answer.exception()),
        (503, "ServiceException")
    );
    assert!(answer.message().contains("shutting down"), "{answer:?}");
    TcpStream::connect(address).await.unwrap_err();
}
