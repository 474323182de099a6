//! The function under test: this very binary, which behaves as a bootstrap when its environment says so, and does what each event asks for.

use std::io::{Read, Write};
use std::time::Duration;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

/// How the process behaves before it asks for an event.
pub(crate) const MODE: &str = "RUNTIME_API_TEST_MODE";

/// A test for the harness, which does nothing there.
#[test]
fn bootstrap_process() {
    match std::env::var(MODE).as_deref() {
        Ok("serve") => {}
        Ok("exit") => std::process::exit(7),
        Ok("hang") => std::thread::sleep(Duration::from_mins(10)),
        Ok("init error") => {
            report_init_error();
            std::process::exit(1);
        }
        _ => return,
    }
    // A real bootstrap has no test harness around it: whatever happens, it doesn't return to it.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let ended = runtime.block_on(lambda_runtime::run(service_fn(answer)));
    std::process::exit(i32::from(ended.is_err()));
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Diagnostic> {
    let (event, context) = event.into_parts();
    let number = |name: &str| event[name].as_u64().unwrap_or_default();
    match event["do"].as_str().unwrap() {
        "echo" => Ok(event),
        "pid" => Ok(json!(std::process::id())),
        "env" => Ok(json!(std::env::var(event["name"].as_str().unwrap()).ok())),
        "context" => Ok(json!({
            "request_id": context.request_id,
            "arn": context.invoked_function_arn,
            "trace": context.xray_trace_id,
            "tenant": context.tenant_id,
            "client": context.client_context.map(|client| client.custom),
            "deadline": context.deadline,
        })),
        "exit" => std::process::exit(i32::try_from(number("code")).unwrap()),
        "abort" => std::process::abort(),
        "fail" => Err(lambda_runtime::Diagnostic {
            error_type: "Declined".to_owned(),
            error_message: "the card was refused".to_owned(),
        }),
        "sleep" => {
            tokio::time::sleep(Duration::from_millis(number("ms"))).await;
            Ok(json!(std::process::id()))
        }
        "die soon" => {
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_millis(30));
                std::process::exit(9);
            });
            Ok(json!(std::process::id()))
        }
        "print" => {
            for line in 0..number("lines") {
                println!(
                    "{} {line} {}",
                    event["who"].as_str().unwrap(),
                    "x".repeat(300)
                );
            }
            eprint!("to stderr, without an end");
            std::io::stderr().flush().unwrap();
            Ok(Value::Null)
        }
        "large" => Ok(json!("x".repeat(7 * 1024 * 1024))),
        other => panic!("{other}"),
    }
}

/// By hand: the runtime crate reports no such thing.
fn report_init_error() {
    let body =
        r#"{"errorType":"NoTable","errorMessage":"TABLE is not set","stackTrace":["main","init"]}"#;
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let send = |head: &str| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST /2018-06-01/runtime/init/error HTTP/1.1\r\n{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    // Not what a page sends that has found the port.
    for head in [
        format!("Host: {address}\r\nOrigin: http://{address}"),
        format!("Host: {address}\r\nSec-Fetch-Site: cross-site"),
        "Host: rebound.example".to_owned(),
        "X-Host: 127.0.0.1".to_owned(),
    ] {
        let answer = send(&head);
        assert!(answer.starts_with("HTTP/1.1 403"), "{head}: {answer}");
    }
    let answer = send(&format!("Host: {address}"));
    assert!(answer.contains("202"), "{answer}");
}
