//! A request that waits for a manager's answer, and no longer than it was told to.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use durable_engine::Engine;
use examples::approval_timeout::{Answer, Inbox, Request, approval};
use examples::shared::{Failure, Session, Terminal, check_id, seconds};
use serde_json::json;

/// Ask for consent and wait for the answer, but not for ever: `race!` against a sleep.
///
/// Run it, and answer from a second terminal with --approve or --reject. Kill it while it waits and run it again: the time goes on counting.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run -p examples --bin approval-timeout                          (nobody answers: expires after 8 s)
  cargo run -p examples --bin approval-timeout -- --id trip --timeout 60 --what 'a trip to Lisbon'
  cargo run -p examples --bin approval-timeout -- --id trip --approve   (in a second terminal)
  cargo run -p examples --bin approval-timeout -- --id trip --reject --by Grace
  rm -r approval-timeout.*                                              (forget it all)")]
struct Arguments {
    /// The request's id; the same id gives the same execution.
    #[arg(long, default_value = "request-1")]
    id: String,
    /// What consent is asked for.
    #[arg(long, value_name = "TEXT", default_value = "a new tea pot, 39.00")]
    what: String,
    /// How long to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value = "8", value_parser = seconds, allow_negative_numbers = true)]
    timeout: u64,
    /// Answer yes, and end.
    #[arg(long, conflicts_with = "reject")]
    approve: bool,
    /// Answer no, and end.
    #[arg(long)]
    reject: bool,
    /// Who answers.
    #[arg(long, value_name = "NAME", default_value = "the manager")]
    by: String,
    /// The database that executions live in.
    #[arg(long, value_name = "FILE", default_value = "approval-timeout.db")]
    db: PathBuf,
    /// The folder for questions and answers.
    #[arg(long, value_name = "FOLDER", default_value = "approval-timeout.inbox")]
    inbox: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::start();
    let result = run(arguments, &terminal).await;
    terminal.finish(result)
}

async fn run(arguments: Arguments, terminal: &Terminal) -> Result<serde_json::Value, Failure> {
    let Arguments {
        id,
        what,
        timeout,
        approve,
        reject,
        by,
        db,
        inbox,
    } = arguments;
    check_id(&id)?;
    if approve || reject {
        Inbox::open(&inbox)?.reply(
            &id,
            &Answer {
                by: by.clone(),
                approved: approve,
            },
        )?;
        return Ok(json!({ "answered": id, "approved": approve, "by": by }));
    }
    let engine = Engine::open(&db)?;
    let inbox = Inbox::open(&inbox)?;
    let engine = engine.register(approval).state(inbox).start().await?;
    let request = Request {
        id: id.clone(),
        what,
        timeout_seconds: timeout,
    };
    tracing::info!("answer from a second terminal with --approve or --reject (and --id {id})");
    Session::new(terminal, id)
        .without_retries()
        .run(&engine, approval, request)
        .await
}
