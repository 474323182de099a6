//! An engine behind HTTP whose durable function is another program: `relay PROGRAM ARGUMENT…`.
//!
//! The program finds the server by `AWS_ENDPOINT_URL_LAMBDA`. It gets each invocation of the durable function `orders` as a line of JSON on its
//! standard input, `{"RequestId", "FunctionArn", "TenantId", "Event"}`, plays the function with its own Lambda client, and answers with a line on its
//! standard output: `{"RequestId", "Answer"}`, or `{"RequestId", "Error"}` for a function that failed. There is a plain function `echo` too, which returns
//! its event, and `tenants`, which returns the tenant that it was called for. The relay ends with the program, and as it did.
//!
//! `relay --authenticate PROGRAM ARGUMENT…` has the server check the program's signatures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;
use std::process::{ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use durable_engine::server::{AccessKey, Credentials, Server};
use durable_engine::{
    DurableConfig, Engine, Function, FunctionConfig, FunctionError, FunctionRequest,
};
use durable_runtime::wire::ErrorObject;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    request_id: String,
    function_arn: String,
    tenant_id: Option<String>,
    event: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    request_id: String,
    answer: Option<Box<RawValue>>,
    error: Option<ErrorObject>,
}

type Answer = Result<Bytes, FunctionError>;

/// The function that the program plays.
#[derive(Clone)]
struct Relay {
    lines: mpsc::UnboundedSender<Line>,
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Answer>>>>,
}

impl Function for Relay {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Answer> {
        let (reply, replied) = oneshot::channel();
        let id = request.request_id.clone();
        self.waiting.lock().unwrap().insert(id, reply);
        let line = Line {
            request_id: request.request_id,
            function_arn: request.function_arn,
            tenant_id: request.tenant_id,
            event: serde_json::from_slice(&request.payload).unwrap(),
        };
        let sent = self.lines.send(line);
        Box::pin(async move {
            let gone = || ErrorObject::new("Runtime.ExitError", "the program has ended");
            sent.map_err(|_| FunctionError::Crashed(gone()))?;
            replied
                .await
                .unwrap_or_else(|_| Err(FunctionError::Crashed(gone())))
        })
    }
}

async fn write(mut lines: mpsc::UnboundedReceiver<Line>, mut stdin: ChildStdin) {
    while let Some(line) = lines.recv().await {
        let line = serde_json::to_string(&line).unwrap() + "\n";
        if stdin.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(relay: Relay, stdout: ChildStdout) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(reply) = serde_json::from_str::<Reply>(&line) else {
            println!("{line}");
            continue;
        };
        let answer = match (reply.answer, reply.error) {
            (Some(answer), _) => Ok(Bytes::from(answer.get().to_owned())),
            (None, error) => Err(FunctionError::Failed(error.unwrap_or_default())),
        };
        let waiting = relay.waiting.lock().unwrap().remove(&reply.request_id);
        // One whose execution was ended meanwhile is no longer waited for.
        let _ = waiting.map(|waiting| waiting.send(answer));
    }
}

/// Returns what it was called with.
struct Echo;

impl Function for Echo {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Answer> {
        Box::pin(async move { Ok(request.payload) })
    }
}

/// Returns the tenant it was called for.
struct Tenants;

impl Function for Tenants {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Answer> {
        Box::pin(async move { Ok(serde_json::to_vec(&request.tenant_id).unwrap().into()) })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let mut program = arguments.next();
    let authenticate = program.as_deref() == Some("--authenticate".as_ref());
    if authenticate {
        program = arguments.next();
    }
    let program = program.expect("relay [--authenticate] PROGRAM ARGUMENT…");
    let (lines, unwritten) = mpsc::unbounded_channel();
    let relay = Relay {
        lines,
        waiting: Arc::default(),
    };
    let mut durable = DurableConfig::default();
    durable.execution_timeout = Duration::from_hours(1);
    durable.retention_days = 7;
    let engine = Engine::in_memory()
        .function(
            FunctionConfig::new("orders").durable(durable),
            relay.clone(),
        )
        .function(FunctionConfig::new("echo"), Echo)
        .function(FunctionConfig::new("tenants").tenant_isolation(), Tenants)
        .start()
        .await
        .unwrap();
    let key = AccessKey::random();
    let mut server = Server::new(engine.service());
    if authenticate {
        server = server.authenticate(Credentials::new().access_key(key.clone()));
    }
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let mut child = Command::new(program)
        .args(arguments)
        .env(
            "AWS_ENDPOINT_URL_LAMBDA",
            format!("http://{}", server.local_addr()),
        )
        .env("AWS_ACCESS_KEY_ID", key.id())
        .env("AWS_SECRET_ACCESS_KEY", key.secret())
        .env("AWS_REGION", "xx-local-1")
        .env("AWS_DEFAULT_REGION", "xx-local-1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let stdout = child.stdout.take().unwrap();
    tokio::spawn(server.serve());
    tokio::spawn(write(unwritten, stdin));
    let reading = tokio::spawn(read(relay, stdout));
    let status = child.wait().await.unwrap();
    reading.await.unwrap();
    if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
