//! The command line.

pub(crate) mod code;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use durable_engine::ExecutionStatus;

/// Keep running executions safe from edits, look into the database of a durable engine, and serve Lambda functions on this machine.
///
/// lock, audit and graph compile the package. list, show and history only read: they work beside a running engine, and on what an engine that was killed has left.
#[derive(Debug, Parser)]
#[command(name = "cargo-durable", bin_name = "cargo durable", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cargo durable lock                                    remember the operations that executions rely on
  cargo durable lock --check                            for CI: has anything changed that was not locked?
  cargo durable graph fulfil > fulfil.svg               a picture of a workflow
  cargo durable replay histories/                       do executions from production fit the code as it is now?
  cargo durable audit                                   every exception to the rules, with its reason
  cargo durable list --db orders.db                     what is there, the newest first
  cargo durable list --db orders.db --status running    what has not ended
  cargo durable show --db orders.db order-42            where it stands and what it waits for
  cargo durable history --db orders.db order-42         what happened, event by event
  cargo durable show --db orders.db order-42 --format json | jq .Status
  cargo durable serve --config functions.toml           Lambda durable functions without AWS

Exit codes:
  0  done, found and shown
  1  there is no such execution or workflow; the lock file is out of date
  2  the command line makes no sense, the code does not compile, or the database can't be read";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write or check durable.lock, which keeps running executions safe from edits
    Lock(code::Lock),
    /// Draw a workflow: what runs in parallel, what loops, what waits, where it can end
    Graph(code::Graph),
    /// Replay recorded histories against the code as it is now; no step runs
    Replay(code::Replay),
    /// List every `#[allow_durable]` with its reason
    Audit(code::Audit),
    /// List executions, the newest first
    List(List),
    /// Show where an execution stands, what it waits for, and its operations
    Show(Show),
    /// Show the events of an execution, the oldest first
    History(History),
    /// Serve Lambda functions on this machine, behind the API of the Lambda service
    Serve(Serve),
}

/// Which database, and how to print it.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The database file of the engine
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Text for people, or JSON in the shapes of the service's API
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo durable list --db orders.db
  cargo durable list --db orders.db --workflow fulfil --status failed --limit 10")]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Only executions of this workflow
    #[arg(long, value_name = "WORKFLOW")]
    pub(crate) workflow: Option<String>,
    /// Only executions that stand here
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) status: Option<Status>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Status {
    Running,
    Succeeded,
    Failed,
    #[value(alias = "timed_out")]
    TimedOut,
    Stopped,
    Pausing,
    Paused,
}

impl From<Status> for ExecutionStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Succeeded => Self::Succeeded,
            Status::Failed => Self::Failed,
            Status::TimedOut => Self::TimedOut,
            Status::Stopped => Self::Stopped,
            Status::Pausing => Self::Pausing,
            Status::Paused => Self::Paused,
        }
    }
}

/// Which execution.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The execution's id, or its ARN
    #[arg(value_name = "ID_OR_ARN")]
    pub(crate) execution: String,
    /// The workflow it runs; needed when several have an execution with this id
    #[arg(long, value_name = "WORKFLOW")]
    pub(crate) workflow: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo durable show --db orders.db order-42
  cargo durable show --db orders.db order-42 --workflow fulfil --format json

The JSON is the service's answer to GetDurableExecution, with the Operations of GetDurableExecutionState.")]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) which: Which,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo durable history --db orders.db order-42
  cargo durable history --db orders.db order-42 --format json | jq -r '.Events[].EventType'

The JSON is the service's answer to GetDurableExecutionHistory, with all data.")]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) which: Which,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo durable serve
  cargo durable serve --config functions.toml --db dev.db --log-dir logs
  cargo durable serve --in-memory --listen 127.0.0.1:0
  cargo durable serve --listen 0.0.0.0:9001 --credentials credentials.toml

functions.toml, with all there is to say about a function; name and command are enough:
  [[function]]
  name = \"orders\"
  command = [\"target/debug/orders\"]      # a Lambda bootstrap of any language: [\"python3\", \"-m\", \"awslambdaric\", \"app.handler\"]
  cwd = \"functions/orders\"               # where it runs, relative to this file; beside this file if left out
  env = { TABLE = \"orders\" }
  handler = \"app.handler\"                # _HANDLER; the command's last argument if left out
  timeout = \"30s\"                        # of one invocation, 1s to 15m; 1m if left out
  memory = 256                           # what the function is told, in MB
  concurrency = 10                       # processes at the same time; further invocations wait
  tenant_isolation = true                # every invocation names a tenant, and tenants share no process
  durable = { execution_timeout = \"7 days\", retention_days = 14 }   # without it: a plain function

Who may call: on loopback every program on this machine, and no web page. With credentials only who has them, and only then can --listen name an address that other
machines reach. They are in the environment, or in a file that only its owner can read (chmod 600), or in both:
  DURABLE_ACCESS_KEY_ID, DURABLE_SECRET_ACCESS_KEY   AWS's clients sign with them: set them there as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
  DURABLE_BEARER_TOKEN                               others send it: curl -H \"Authorization: Bearer $DURABLE_BEARER_TOKEN\" …

credentials.toml; secrets have 16 or more characters, and `openssl rand -base64 30` makes one:
  bearer_tokens = [\"…\"]
  [[access_key]]
  id = \"ORDERS\"
  secret = \"…\"

Functions get a key of their own; one whose `env` sets AWS_ACCESS_KEY_ID signs with that, which must then be listed too. Nothing is encrypted: across a network that
is not trusted put a proxy with TLS before it, and have it pass Host on. All of it: docs/security.md.

Functions are child processes with the rights of whoever started this, not a sandbox. They find the service by AWS_ENDPOINT_URL_LAMBDA, which is set for them.")]
pub(crate) struct Serve {
    /// The functions
    #[arg(long, value_name = "FILE", default_value = "functions.toml")]
    pub(crate) config: PathBuf,
    /// The database file that executions are kept in; made if there is none
    #[arg(long, value_name = "FILE", default_value = "durable.db")]
    pub(crate) db: PathBuf,
    /// Keep executions in memory only
    #[arg(long, conflicts_with = "db")]
    pub(crate) in_memory: bool,
    /// Where to listen; port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9001")]
    pub(crate) listen: String,
    /// A file with the credentials that callers must have; the environment can have some too
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
    /// Write what functions print to FOLDER/NAME.log instead of standard error
    #[arg(long, value_name = "FOLDER")]
    pub(crate) log_dir: Option<PathBuf>,
    /// The region that functions and ARNs name
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
}

/// The arguments without the `durable` that Cargo puts first when it was called as `cargo durable …`.
pub(crate) fn arguments(mut all: Vec<OsString>) -> Vec<OsString> {
    if all.get(1).is_some_and(|first| first == "durable") {
        all.remove(1);
    }
    all
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn called_by_cargo_or_by_its_own_name_is_the_same() {
        let own = ["cargo-durable", "list"].map(OsString::from);
        let cargos = ["cargo-durable", "durable", "list"].map(OsString::from);
        assert_eq!(arguments(cargos.into()), own);
        assert_eq!(arguments(own.clone().into()), own);
    }
}
