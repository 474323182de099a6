//! A durable function in a process of its own: this very binary, when its environment says so. It has one step, and is stopped in it when its input wants that.

use std::path::{Path, PathBuf};
use std::time::Duration;

use durable_engine::runtime_api::Bootstrap;
use durable_runtime::wire::{InvocationInput, InvocationOutput, OperationStatus};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client::Request;
use crate::engine::signal;
use crate::ledger::Ledger;

pub(crate) const NAME: &str = "outside";
/// The only step.
pub(crate) const STEP: &str = "one";
/// What an invocation may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

const LEDGER: &str = "TORTURE_FUNCTION_LEDGER";
const FOLDER: &str = "TORTURE_FUNCTION_FOLDER";

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// The first process that is to run this stops itself, as SIGSTOP from outside would.
    pub(crate) stops: bool,
}

/// What a process knew when it was stopped.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) pid: u32,
    pub(crate) arn: String,
    pub(crate) token: String,
    pub(crate) request_id: String,
    /// Where it would have sent its answer.
    pub(crate) runtime_api: String,
}

impl Held {
    fn path(folder: &Path, name: &str) -> PathBuf {
        folder.join(format!("held-{name}"))
    }

    /// Once a process has stopped itself.
    pub(crate) fn read(folder: &Path, name: &str) -> Option<Self> {
        let text = std::fs::read_to_string(Self::path(folder, name)).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }
}

/// This binary as the function.
pub(crate) fn bootstrap(ledger: &Path, folder: &Path) -> Bootstrap {
    let program = std::env::current_exe().unwrap();
    let command = [
        program.to_str().unwrap(),
        "outside::function_process",
        "--exact",
        "--nocapture",
    ];
    Bootstrap::new(NAME, command)
        .env(LEDGER, ledger.to_str().unwrap())
        .env(FOLDER, folder.to_str().unwrap())
        .timeout(TIMEOUT)
}

/// A test for the harness, which does nothing there.
#[test]
fn function_process() {
    if std::env::var_os(LEDGER).is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ended = runtime.block_on(lambda_runtime::run(service_fn(answer)));
    std::process::exit(i32::from(ended.is_err()));
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (event, context) = event.into_parts();
    let invoked: InvocationInput = serde_json::from_value(event).unwrap();
    let execution = invoked.execution().unwrap().execution_details.as_ref();
    let payload = execution.and_then(|details| details.input_payload.as_deref());
    let input: Input = serde_json::from_str(payload.unwrap()).unwrap();
    let ledger = Ledger::open(Path::new(&std::env::var_os(LEDGER).unwrap()));
    let operations = &invoked.initial_execution_state.operations;
    let recorded = operations.iter().find(|operation| operation.id == STEP);
    let result: String = match recorded {
        Some(step) => {
            assert_eq!(step.status, OperationStatus::Succeeded);
            let result = step
                .step_details
                .as_ref()
                .and_then(|step| step.result.as_deref());
            serde_json::from_str(result.unwrap()).unwrap()
        }
        None => run(&ledger, &input, &invoked, context.request_id).await?,
    };
    ledger.saw(&input.name, STEP, &result);
    ledger.returns(&input.name);
    let output = InvocationOutput::succeeded(json!([[STEP, result]]).to_string());
    Ok(serde_json::to_value(output).unwrap())
}

async fn run(
    ledger: &Ledger,
    input: &Input,
    invoked: &InvocationInput,
    request_id: String,
) -> Result<String, Diagnostic> {
    ledger.body(&input.name, STEP, 1);
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let held = Held::path(&folder, &input.name);
    if input.stops && !held.exists() {
        let now = Held {
            pid: std::process::id(),
            arn: invoked.durable_execution_arn.clone(),
            token: invoked.checkpoint_token.clone(),
            request_id,
            runtime_api: std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap(),
        };
        let new = folder.join("held.new");
        std::fs::write(&new, serde_json::to_string(&now).unwrap()).unwrap();
        std::fs::rename(new, held).unwrap();
        signal(std::process::id(), "STOP");
        // The kernel stops one thread after the other, and this one must not get any further until it is its turn.
        std::thread::sleep(Duration::from_mins(10));
    }
    let result = uuid::Uuid::new_v4().to_string();
    let body = checkpoint(&invoked.checkpoint_token, &result);
    let address = std::env::var("AWS_ENDPOINT_URL_LAMBDA").unwrap();
    let address = address.strip_prefix("http://").unwrap().parse().unwrap();
    let sent = Request::checkpoint(&invoked.durable_execution_arn, body);
    match sent.send(address).await {
        Ok(answer) if answer.status == 200 => Ok(result),
        other => Err(Diagnostic {
            error_type: "NotRecorded".to_owned(),
            error_message: format!("{other:?}"),
        }),
    }
}

/// The step, started and succeeded in one.
pub(crate) fn checkpoint(token: &str, result: &str) -> String {
    let payload = json!(result).to_string();
    json!({"CheckpointToken": token, "Updates": [
        {"Id": STEP, "Type": "STEP", "SubType": "Step", "Name": STEP, "Action": "START"},
        {"Id": STEP, "Type": "STEP", "SubType": "Step", "Name": STEP, "Action": "SUCCEED", "Payload": payload},
    ]})
    .to_string()
}
