//! The part of the command line that is about the code of a workspace.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Format;

/// Which packages, and how they are compiled.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Packages")]
pub(crate) struct Packages {
    /// Only this package; repeat it for several. Without it, those that `cargo check` would take
    #[arg(long, short, value_name = "PACKAGE")]
    pub(crate) package: Vec<String>,
    /// Every package of the workspace
    #[arg(long, conflicts_with = "package")]
    pub(crate) workspace: bool,
    /// The Cargo.toml to start from
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Features to compile with, separated by commas
    #[arg(long, short = 'F', value_name = "FEATURES")]
    pub(crate) features: Vec<String>,
    /// Compile with every feature
    #[arg(long)]
    pub(crate) all_features: bool,
    /// Compile without the default features
    #[arg(long)]
    pub(crate) no_default_features: bool,
    /// Where to compile; Cargo's own folder if left out
    #[arg(long, value_name = "FOLDER")]
    pub(crate) target_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
durable.lock, beside a package's Cargo.toml, is to running executions what a migration is to a database: commit it. While it is there, an edit that
executions in flight would notice does not compile.

Examples:
  cargo durable lock                             write or update it; asks about what was removed or renamed
  cargo durable lock --check                     for CI: fail when it is out of date
  cargo durable lock --accept                    say yes to everything that can be accepted
  cargo durable lock --accept fulfil/charge      this one only: what is gone is retired, what was renamed keeps its identity
  cargo durable lock --retire fulfil/charge      it is gone, and what looks like it is something else
  cargo durable lock --reset fulfil              nothing of this workflow runs any more: lock it anew

Exit codes:
  0  it is up to date, or was brought up to date
  1  it is out of date (--check), or something has to be decided first; nothing was written
  2  the command line makes no sense, or the code does not compile")]
pub(crate) struct Lock {
    /// Write nothing, and fail when anything would have been written
    #[arg(long, conflicts_with_all = ["accept", "retire", "reset"])]
    pub(crate) check: bool,
    /// Accept what happened to these operations, or to all: the removed are retired, the renamed keep their identity, the retired that are back are restored
    #[arg(long, value_name = "WORKFLOW/KEY", num_args = 0..)]
    pub(crate) accept: Option<Vec<String>>,
    /// Retire these operations: their recorded results are skipped on replay
    #[arg(long, value_name = "WORKFLOW/KEY")]
    pub(crate) retire: Vec<String>,
    /// Forget these workflows and lock them anew, because no execution of theirs is running
    #[arg(long, value_name = "WORKFLOW")]
    pub(crate) reset: Vec<String>,
    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) packages: Packages,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo durable audit
  cargo durable audit --workspace --format json | jq -r '.exceptions[].reason'

Exit codes:
  0  they are listed, also when there are none
  2  the command line makes no sense, or the code does not compile")]
pub(crate) struct Audit {
    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) packages: Packages,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo durable graph fulfil > fulfil.svg        a picture that needs nothing else
  cargo durable graph fulfil --as mermaid        for a README
  cargo durable graph --as dot --out-dir docs    every workflow, a file for each

Exit codes:
  0  drawn
  1  there is no such workflow
  2  the command line makes no sense, or the code does not compile")]
pub(crate) struct Graph {
    /// The workflow to draw; every one if left out, which takes --out-dir unless there is only one
    #[arg(value_name = "WORKFLOW")]
    pub(crate) workflow: Option<String>,
    /// What to write
    #[arg(long = "as", value_enum, default_value_t = Picture::Svg)]
    pub(crate) picture: Picture,
    /// Write a file for each workflow into this folder, instead of to standard output
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) packages: Packages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Picture {
    Svg,
    Mermaid,
    Dot,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A history is the answer to GetDurableExecutionHistory with its data:
  aws lambda get-durable-execution-history --durable-execution-arn ARN --include-execution-data > order-42.json
  cargo durable history --db orders.db order-42 --format json > order-42.json

Examples:
  cargo durable replay order-42.json                  against the code as it is now; no step runs
  cargo durable replay histories/                     every .json in a folder, in parallel
  cargo durable replay --db orders.db                 what the engine's database has of this package's workflows
  cargo durable replay --db orders.db order-42        one execution of it
  cargo durable replay arn:aws:lambda:..              fetched with the AWS command line

A test does the same: durable_engine::assert_replays!(fulfil, \"histories/*.json\").

Exit codes:
  0  every history fits the code
  1  one does not, or is none
  2  the command line makes no sense, or the code does not compile")]
pub(crate) struct Replay {
    /// Files, folders of .json files, or ARNs; with --db, ids or ARNs of executions in it
    #[arg(value_name = "HISTORY", required_unless_present = "db")]
    pub(crate) histories: Vec<String>,
    /// The workflow that they are of; needed where the package has several, and not with --db
    #[arg(long, value_name = "WORKFLOW")]
    pub(crate) workflow: Option<String>,
    /// Take the histories from the database file of an engine
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) packages: Packages,
}
