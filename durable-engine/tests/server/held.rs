//! An engine behind HTTP, whose durable function is the test.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use durable_engine::server::Server;
use durable_engine::{
    DurableConfig, Function, FunctionConfig, FunctionError, FunctionRequest, TestEngine,
};
use durable_runtime::wire::{InvocationInput, InvocationOutput};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::http::{Answer, Request, escaped};
use crate::model::assert_answered;

/// One invocation of the durable function, which waits for its answer.
pub(crate) struct Invocation {
    pub(crate) input: InvocationInput,
    reply: oneshot::Sender<Bytes>,
}

impl Invocation {
    pub(crate) fn answer(self, output: &InvocationOutput) {
        let output = serde_json::to_vec(output).unwrap();
        // Nobody waits for it when the execution was ended meanwhile.
        let _ = self.reply.send(output.into());
    }
}

/// Hands its invocations to the test.
struct Hold(mpsc::UnboundedSender<Invocation>);

impl Function for Hold {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Result<Bytes, FunctionError>> {
        let (reply, replied) = oneshot::channel();
        let input = serde_json::from_slice(&request.payload).unwrap();
        self.0.send(Invocation { input, reply }).unwrap();
        Box::pin(async move { Ok(replied.await.unwrap()) })
    }
}

/// Returns its event.
struct Echo;

impl Function for Echo {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Result<Bytes, FunctionError>> {
        Box::pin(async move { Ok(request.payload) })
    }
}

/// An engine with the durable function `orders` and the plain one `echo`, and a server before it. Its time stands still while an invocation runs.
pub(crate) struct Held {
    _engine: TestEngine,
    pub(crate) address: SocketAddr,
    invocations: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    names: AtomicUsize,
    /// Has the server stop.
    pub(crate) stop: CancellationToken,
    /// Ends with the server.
    pub(crate) serving: JoinHandle<std::io::Result<()>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Held {
    pub(crate) async fn start() -> Self {
        Self::start_with(|server| server).await
    }

    /// With a server that something is said to first.
    pub(crate) async fn start_with(said: impl FnOnce(Server) -> Server) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let durable = FunctionConfig::new("orders").durable(DurableConfig::default());
        let engine = TestEngine::builder()
            .function(durable, Hold(sender))
            .function(FunctionConfig::new("echo"), Echo)
            .start()
            .await
            .unwrap();
        let server = said(Server::new(engine.service()))
            .bind("127.0.0.1:0")
            .await;
        let server = server.unwrap();
        let stop = CancellationToken::new();
        Self {
            _engine: engine,
            address: server.local_addr(),
            invocations: Mutex::new(receiver),
            names: AtomicUsize::new(0),
            serving: tokio::spawn(server.serve_until(stop.clone().cancelled_owned())),
            stop,
        }
    }

    /// Starts an execution, and returns its first invocation.
    pub(crate) async fn invocation(&self) -> Invocation {
        let name = format!("n-{}", self.names.fetch_add(1, Ordering::Relaxed));
        let request = Request::new(
            "POST",
            "/2015-03-31/functions/orders/invocations?Qualifier=%24LATEST",
        )
        .header("x-amz-invocation-type", "Event")
        .header("x-amz-durable-execution-name", &name)
        .body("{}");
        let answer = request.send(self.address).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        let invocation = self.next().await;
        let arn = answer.header("x-amz-durable-execution-arn");
        assert_eq!(arn, Some(&*invocation.input.durable_execution_arn));
        invocation
    }

    /// The next invocation of any execution.
    pub(crate) async fn next(&self) -> Invocation {
        self.invocations.lock().await.recv().await.unwrap()
    }

    pub(crate) async fn get(&self, operation: &str, path: &str) -> Answer {
        let answer = Request::new("GET", path).send(self.address).await;
        assert_answered(operation, &answer);
        answer
    }

    /// Checkpoints, and moves to the next token.
    pub(crate) async fn checkpoint(&self, input: &mut InvocationInput, updates: Value) -> Value {
        let body = json!({"CheckpointToken": input.checkpoint_token, "Updates": updates});
        let path = format!("{}/checkpoint", execution(&input.durable_execution_arn));
        let request = Request::new("POST", path).body(body.to_string());
        let answer = request.send(self.address).await;
        assert_answered("CheckpointDurableExecution", &answer);
        let answer = answer.json();
        if let Some(token) = answer["CheckpointToken"].as_str() {
            token.clone_into(&mut input.checkpoint_token);
        }
        answer["NewExecutionState"]["Operations"].clone()
    }

    /// Everything that can be seen of an execution whose token this is.
    pub(crate) async fn seen(&self, input: &InvocationInput) -> [Vec<u8>; 3] {
        let path = execution(&input.durable_execution_arn);
        let token = escaped(&input.checkpoint_token);
        let execution = self.get("GetDurableExecution", &path);
        let history = format!("{path}/history?MaxItems=1000");
        let history = self.get("GetDurableExecutionHistory", &history);
        let state = format!("{path}/state?MaxItems=1000&CheckpointToken={token}");
        let state = self.get("GetDurableExecutionState", &state);
        let (execution, history, state) = tokio::join!(execution, history, state);
        [execution.body, history.body, state.body]
    }
}

/// The path of an execution.
pub(crate) fn execution(arn: &str) -> String {
    format!("/2025-12-01/durable-executions/{}", escaped(arn))
}

/// The path of a callback.
pub(crate) fn callback(id: &str) -> String {
    format!("/2025-12-01/durable-execution-callbacks/{}", escaped(id))
}
