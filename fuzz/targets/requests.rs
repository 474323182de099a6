//! HTTP requests, whole, broken, and several on one connection: each has a well-formed answer that is no 5xx, or the connection is closed, and the server goes on
//! answering.
//!
//! An input is a request with lines that end in `\n`; `EXECUTION`, `TOKEN` and `CALLBACK` in it stand for those of an execution whose invocation runs. What every
//! client says is added where it is missing. The engine is that of the server's own tests.
#![no_main]

#[allow(dead_code, reason = "it has helpers that only the tests need")]
#[path = "../../durable-engine/tests/server/held.rs"]
mod held;
#[allow(dead_code, reason = "it has helpers that only the tests need")]
#[path = "../../durable-engine/tests/server/http.rs"]
mod http;
#[allow(dead_code, reason = "it has helpers that only the tests need")]
#[path = "../../durable-engine/tests/server/model.rs"]
mod model;

use std::time::Duration;

use durable_fuzz::answers::{Answer, answers};
use durable_runtime::wire::InvocationOutput;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use self::held::{Held, Invocation, callback, execution};
use self::http::{Request, escaped};

/// A server that has said nothing for so long waits for more, since all of it runs on this thread.
const IDLE: Duration = Duration::from_millis(20);

/// Longer than anything takes when nobody sends any more.
const AT_MOST: Duration = Duration::from_secs(10);

/// What is there for requests to find: operations of every type, finished, running and waiting.
async fn prepared(held: &Held) -> (Invocation, String) {
    let mut invocation = held.invocation().await;
    let text = include_str!("../../durable-engine/tests/server/attacks.json");
    let tables: Value = serde_json::from_str(text).expect("the tests read it too");
    let operations = held
        .checkpoint(&mut invocation.input, tables["prelude"].clone())
        .await;
    let call = operations
        .as_array()
        .into_iter()
        .flatten()
        .find(|it| it["Id"] == "call");
    let callback_id = call.and_then(|it| it["CallbackDetails"]["CallbackId"].as_str());
    let callback_id = callback_id.unwrap_or_default().to_owned();
    (invocation, callback_id)
}

/// The bytes that are sent. Here a character stands for the byte of its number, since not all that is sent is UTF-8.
fn bytes_of(text: &str, invocation: &Invocation, callback_id: &str) -> Vec<u8> {
    let input = &invocation.input;
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let head = head
        .replace(
            "/2025-12-01/durable-executions/EXECUTION",
            &execution(&input.durable_execution_arn),
        )
        .replace(
            "/2025-12-01/durable-execution-callbacks/CALLBACK",
            &callback(callback_id),
        )
        .replace("TOKEN", &escaped(&input.checkpoint_token));
    let mut body = body
        .replace(
            "EXECUTION/",
            &format!("{}/", execution(&input.durable_execution_arn)),
        )
        .replace("TOKEN", &input.checkpoint_token);
    let names: Vec<_> = head
        .lines()
        .skip(1)
        .filter_map(|line| Some(line.split_once(':')?.0.to_ascii_lowercase()))
        .collect();
    let has = |name: &str| names.iter().any(|of| of == name);
    let mut lines: Vec<_> = head.lines().map(str::to_owned).collect();
    if !has("host") {
        lines.push("host: localhost".to_owned());
    }
    if !has("connection") {
        lines.push("connection: close".to_owned());
    }
    if has("transfer-encoding") {
        body = body.replace('\n', "\r\n");
    } else if !has("content-length") {
        lines.push(format!("content-length: {}", body.chars().count()));
    }
    let text = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
    text.chars()
        .filter_map(|byte| u8::try_from(byte).ok())
        .collect()
}

/// Sends the bytes, and reads until the server closes the connection. When it waits for more, there is none.
async fn exchange(held: &Held, bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(held.address)
        .await
        .expect("it goes on taking connections");
    // The server may close the connection before it has read all of it.
    let _ = stream.write_all(bytes).await;
    let mut read = Vec::new();
    let mut cut = false;
    loop {
        let longest = if cut { AT_MOST } else { IDLE };
        match timeout(longest, stream.read_buf(&mut read)).await {
            Ok(Ok(0) | Err(_)) => return (read, cut),
            Ok(Ok(_)) => {}
            Err(_) if cut => panic!("it neither answers nor closes the connection"),
            Err(_) => {
                cut = true;
                let _ = stream.shutdown().await;
            }
        }
    }
}

fn check(answer: &Answer) {
    assert!((100..500).contains(&answer.status), "{answer:?}");
    // What hyper itself refuses was never a request.
    if answer.header("x-amzn-requestid").is_none() {
        assert!(matches!(answer.status, 100 | 400..500), "{answer:?}");
        return;
    }
    assert!(answer.header("date").is_some(), "{answer:?}");
    if answer.status < 400 || answer.body.is_empty() {
        return;
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    assert_eq!(body["Type"], "User", "{answer:?}");
    let message = body.get("message").or_else(|| body.get("Message"));
    let message = message.and_then(Value::as_str).unwrap_or_default();
    assert!(!message.is_empty(), "{answer:?}");
    let exception = answer.header("x-amzn-errortype");
    assert!(
        exception.is_some_and(|it| it.ends_with("Exception")),
        "{answer:?}"
    );
}

async fn send(text: &str) {
    let held = Held::start().await;
    let (invocation, callback_id) = prepared(&held).await;
    let bytes = bytes_of(text, &invocation, &callback_id);
    // Whatever else is invoked returns at once.
    let others = async {
        loop {
            let other = held.next().await;
            other.answer(&InvocationOutput::succeeded("1"));
        }
    };
    let work = async {
        let (read, cut) = exchange(&held, &bytes).await;
        let is_head = text.starts_with("HEAD ");
        for answer in answers(&read, is_head, cut).expect("well-formed answers") {
            check(&answer);
        }
        let echo = Request::new("POST", "/2015-03-31/functions/echo/invocations").body("[1]");
        let answer = timeout(AT_MOST, echo.send(held.address))
            .await
            .expect("it goes on answering");
        assert_eq!((answer.status, &*answer.body), (200, &b"[1]"[..]));
    };
    tokio::select! {
        () = others => {}
        () = work => {}
    }
}

fuzz_target!(|data: &[u8]| {
    let text: String = data.iter().copied().map(char::from).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(send(&text));
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    durable_fuzz::mutate::lines(data, size, max_size, seed)
});
