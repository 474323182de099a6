//! What can go wrong, with the way out.

use std::process::ExitCode;

use durable_engine::server::ServerError;
use durable_engine::{EngineError, StoreError};

use crate::code::CodeFailure;
use crate::serve::{CredentialsFailure, Mistake};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(
        "there is no execution `{execution}`{} in {db}; `cargo durable list --db {db}` shows what there is",
        of(.workflow.as_deref())
    )]
    NotFound {
        execution: String,
        workflow: Option<String>,
        db: String,
    },
    #[error("several workflows have an execution `{execution}`; say which: {}", choices(.workflows))]
    Ambiguous {
        execution: String,
        workflows: Vec<String>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("can't write the output: {0}; check where it is redirected to")]
    Output(#[from] std::io::Error),
    #[error(
        "can't read {file}: {error}; it lists the functions to serve, and `cargo durable serve --help` shows one"
    )]
    Config { file: String, error: std::io::Error },
    #[error(transparent)]
    Mistake(#[from] Mistake),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(
        "{address} can be reached from other machines, and without credentials whoever reaches it may do everything; listen on 127.0.0.1, or say who may call: set DURABLE_ACCESS_KEY_ID and DURABLE_SECRET_ACCESS_KEY, or DURABLE_BEARER_TOKEN, or give a file with --credentials; `cargo durable serve --help` shows how"
    )]
    Remote { address: std::net::SocketAddr },
    #[error(transparent)]
    Credentials(#[from] CredentialsFailure),
    #[error("can't serve on {address}: {error}; choose another address with --listen")]
    Listen { address: String, error: ServerError },
    #[error("{0}; give another folder with --log-dir")]
    Log(std::io::Error),
    #[error("the system gives no threads or signals: {0}")]
    Threads(std::io::Error),
    #[error("the server failed: {0}")]
    Served(std::io::Error),
    /// About the code of a workspace.
    #[error(transparent)]
    Code(#[from] CodeFailure),
    #[error("can't write as JSON: {0}; use `--format text`")]
    Json(#[from] serde_json::Error),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotFound { .. } => ExitCode::from(1),
            Self::Code(failure) => failure.exit_code(),
            _ => ExitCode::from(2),
        }
    }
}

fn of(workflow: Option<&str>) -> String {
    workflow.map_or_else(String::new, |workflow| format!(" of workflow `{workflow}`"))
}

fn choices(workflows: &[String]) -> String {
    let choices: Vec<String> = workflows
        .iter()
        .map(|workflow| format!("`--workflow {workflow}`"))
        .collect();
    choices.join(" or ")
}
