//! What can go wrong, with the way out.

use std::process::ExitCode;

use durable_engine::StoreError;

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
    #[error("can't write as JSON: {0}; use `--format text`")]
    Json(#[from] serde_json::Error),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotFound { .. } => ExitCode::from(1),
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
