//! A function made of this binary, and calls of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use durable_engine::runtime_api::{Bootstrap, Bootstraps};
use durable_engine::{Function, FunctionError, FunctionRequest};
use durable_runtime::wire::ErrorObject;
use serde_json::{Value, json};

use crate::bootstrap::MODE;

pub(crate) const ARN: &str = "arn:aws:lambda:xx-local-1:000000000000:function:orders:$LATEST";

/// This binary as a function that begins like this.
pub(crate) fn bootstrap(mode: &str) -> Bootstrap {
    let program = std::env::current_exe().unwrap();
    Bootstrap::new(
        "orders",
        [
            program.to_str().unwrap(),
            "bootstrap::bootstrap_process",
            "--exact",
            "--nocapture",
        ],
    )
    .env(MODE, mode)
    .log_file(std::env::temp_dir().join("durable-engine-runtime-api-tests.log"))
}

pub(crate) fn request(event: &Value) -> FunctionRequest {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let id = format!("request-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    FunctionRequest::new(id, ARN, event.to_string())
}

pub(crate) async fn invoke(function: &Bootstraps, event: Value) -> Result<Value, FunctionError> {
    invoke_with(function, request(&event)).await
}

pub(crate) async fn invoke_with(
    function: &Bootstraps,
    request: FunctionRequest,
) -> Result<Value, FunctionError> {
    let answer = function.invoke(request).await?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

pub(crate) async fn pid(function: &Bootstraps) -> u64 {
    invoke(function, json!({"do": "pid"}))
        .await
        .unwrap()
        .as_u64()
        .unwrap()
}

/// Whether there is such a process, and it is more than a name in the table that nobody has collected yet.
pub(crate) fn runs(pid: u64) -> bool {
    if cfg!(target_os = "linux") {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        return stat.is_ok_and(|stat| !stat.contains(") Z "));
    }
    let asked = format!("kill -0 {pid}");
    let answer = std::process::Command::new("sh")
        .args(["-c", &asked])
        .status();
    answer.is_ok_and(|status| status.success())
}

/// Type and message of what went wrong.
pub(crate) fn parts(error: ErrorObject) -> (String, String) {
    (error.error_type.unwrap(), error.error_message.unwrap())
}

/// Waits for what other processes do.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to this: {what}");
}
