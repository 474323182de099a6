//! A server in a process of its own, and a client of it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use durable_runtime::lambda::aws_sdk_lambda::config::timeout::TimeoutConfig;
use durable_runtime::lambda::aws_sdk_lambda::config::{
    BehaviorVersion, Builder, Credentials, Region,
};
use durable_runtime::lambda::aws_sdk_lambda::primitives::Blob;
use durable_runtime::lambda::aws_sdk_lambda::{self, types::InvocationType};
use tempfile::TempDir;

use crate::functions::Order;

/// A folder with a configuration in it.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let function = |name: &str, timeout: &str| {
        format!(
            r#"
            [[function]]
            name = "{name}"
            command = ["{}", "functions::bootstrap_process", "--exact", "--nocapture"]
            handler = "{name}"
            env = {{ NOTES = "{}" }}
            timeout = "{timeout}"
            durable = {{ execution_timeout = "1 hour" }}
            "#,
            program.display(),
            folder.path().display()
        )
    };
    let config = function("orders", "30s") + &function("stubborn", "2s");
    std::fs::write(folder.path().join("functions.toml"), config).unwrap();
    folder
}

pub(crate) fn tool(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-durable"));
    command.current_dir(folder).args(arguments);
    for name in [
        "DURABLE_ACCESS_KEY_ID",
        "DURABLE_SECRET_ACCESS_KEY",
        "DURABLE_BEARER_TOKEN",
    ] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn output(folder: &Path, arguments: &[&str]) -> Output {
    tool(folder, arguments).output().unwrap()
}

/// A client of a server that signs with this access key.
pub(crate) fn client(url: &str, key_id: &str, secret: &str) -> aws_sdk_lambda::Client {
    let patience = TimeoutConfig::builder()
        .read_timeout(Duration::from_secs(60))
        .build();
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(key_id, secret, None, None, "test"))
        .timeout_config(patience)
        .endpoint_url(url)
        .build();
    aws_sdk_lambda::Client::from_conf(config)
}

pub(crate) struct Served {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// All that it said before the first request.
    pub(crate) announced: String,
    pub(crate) client: aws_sdk_lambda::Client,
}

impl Served {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut serve = tool(folder, &["serve", "--listen", "127.0.0.1:0"]);
        serve.args(arguments);
        Self::of(serve, "any", "any")
    }

    /// Of this command, with a client that has this access key.
    pub(crate) fn of(mut serve: Command, key_id: &str, secret: &str) -> Self {
        let mut child = serve.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut announced = String::new();
        while !announced.contains("Ctrl-C") {
            assert!(stdout.read_line(&mut announced).unwrap() > 0, "{announced}");
        }
        let url = announced
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap()
            .trim_end_matches(',');
        Self {
            child,
            stdout,
            client: client(url, key_id, secret),
            announced,
        }
    }

    /// Invokes `orders` and waits for the result.
    pub(crate) async fn run(&self, order: &Order) -> String {
        self.run_in("orders", order).await
    }

    /// Invokes this function and waits for the result.
    pub(crate) async fn run_in(&self, function: &str, order: &Order) -> String {
        let kind = InvocationType::RequestResponse;
        let answer = self.invoke(function, order, kind).await;
        assert_eq!(answer.function_error(), None, "{answer:?}");
        let payload = answer.payload.unwrap().into_inner();
        serde_json::from_slice(&payload).unwrap()
    }

    /// Has an execution of `orders` begin.
    pub(crate) async fn begin(&self, order: &Order) -> String {
        let answer = self.invoke("orders", order, InvocationType::Event).await;
        answer.durable_execution_arn.unwrap()
    }

    async fn invoke(
        &self,
        function: &str,
        order: &Order,
        kind: InvocationType,
    ) -> aws_sdk_lambda::operation::invoke::InvokeOutput {
        self.client
            .invoke()
            .function_name(format!("{function}:$LATEST"))
            .invocation_type(kind)
            .durable_execution_name(&order.id)
            .payload(Blob::new(serde_json::to_vec(order).unwrap()))
            .send()
            .await
            .unwrap()
    }

    /// Waits until the execution's history holds an event of this type.
    pub(crate) async fn until(&self, arn: &str, event: &str) {
        for _ in 0..600 {
            let history = self
                .client
                .get_durable_execution_history()
                .durable_execution_arn(arn)
                .send()
                .await
                .unwrap();
            let types: Vec<_> = history
                .events()
                .iter()
                .filter_map(|event| event.event_type())
                .map(|event| event.as_str().to_owned())
                .collect();
            if types.iter().any(|seen| seen == event) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{arn} never came to {event}");
    }

    /// Sends it a signal by name, and waits for its end and its last words.
    pub(crate) fn end(mut self, signal: &str) -> (ExitStatus, String) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Ended already, unless a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
