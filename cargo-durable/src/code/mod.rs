//! What is about the code of a workspace: it is compiled, and the macros write down what they see.

pub(crate) mod audit;
pub(crate) mod graph;
pub(crate) mod lock;
mod manifests;
pub(crate) mod replay;
mod resolve;

use std::path::PathBuf;
use std::process::ExitCode;

use durable_lock::lock::LockError;

/// What can go wrong with the code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodeFailure {
    #[error("{}", .0.to_string().trim_end())]
    Metadata(#[from] cargo_metadata::Error),
    #[error("can't run `{cargo}`: {error}; set CARGO to where it is")]
    NoCargo {
        cargo: String,
        error: std::io::Error,
    },
    #[error(
        "the code does not compile, so nobody knows what it does; mend what the compiler says above"
    )]
    Compile,
    #[error("there is no package `{name}` in this workspace; it has {}", list(.known))]
    NoPackage { name: String, known: Vec<String> },
    #[error("can't read {path}: {error}")]
    Read {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("can't write {path}: {error}")]
    Write {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{path}: {reason}")]
    Manifest { path: PathBuf, reason: String },
    #[error("{path}: {error} [{}]; {}", .error.rule(), .error.help())]
    Lock { path: PathBuf, error: LockError },
    #[error(
        "{package} has two workflows with the name `{name}`: {first} and {second}. A running execution knows its workflow by name: give one of them another with `#[durable_workflow(name = \"..\")]`"
    )]
    TwoWorkflows {
        package: String,
        name: String,
        first: String,
        second: String,
    },
    #[error("there is no workflow `{name}`; there {}", are(.known))]
    NoWorkflow { name: String, known: Vec<String> },
    #[error("there are {0} workflows: name one of them, or say --out-dir")]
    ManyWorkflows(usize),
    #[error("no package here has a workflow; `cargo durable --help` tells what one is")]
    NoWorkflows,
    #[error(
        "{0} is not what was locked: `cargo durable lock --reset` takes a workflow's name, `--accept` and `--retire` take `workflow/key`"
    )]
    NothingOfThatName(String),
    #[error("there are several workflows: say with --workflow which these histories are of; there {}", are(.0))]
    WhichWorkflow(Vec<String>),
    #[error(
        "there is no history there: a folder has `.json` files in it, and a database executions of this package's workflows"
    )]
    NoHistories,
    #[error(
        "can't run `aws`: {0}; install the AWS command line, or fetch the history another way and give the file"
    )]
    NoAws(std::io::Error),
    #[error("AWS has not given the history: {0}")]
    Aws(String),
    #[error("`{0}` can't be retired: it is still in the code; remove it first")]
    StillThere(String),
    #[error(
        "the package's tests do not compile, or a replay ended them; what is said above tells which. `Default` of a `#[state]` value is made for a replay, and may be what panicked"
    )]
    ReplayTest,
    /// Said in full already.
    #[error("not every history fits the code")]
    DoesNotFit,
    /// Said in full already.
    #[error("the lock file is out of date; run `cargo durable lock` and commit what it writes")]
    OutOfDate,
    /// Said in full already.
    #[error(
        "nothing was written: executions in flight would notice; the lines above say what to do"
    )]
    Undecided,
}

impl CodeFailure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoWorkflow { .. } | Self::OutOfDate | Self::Undecided | Self::DoesNotFit => {
                ExitCode::from(1)
            }
            _ => ExitCode::from(2),
        }
    }
}

fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn are(names: &[String]) -> String {
    match names {
        [] => "are none".to_owned(),
        [only] => format!("is `{only}`"),
        several => format!("are {}", list(several)),
    }
}
