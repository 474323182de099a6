//! A report that is made every night: a statement for each customer, and a summary.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use durable_engine::Engine;
use examples::nightly_report::{Customer, Night, Outbox, nightly_report};
use examples::shared::{Failure, Session, Terminal, check_id, seconds};
use jiff::civil::Date;

/// Write every customer's statement and a summary: a loop with `.keyed`, and a child workflow per customer.
///
/// The same night gives the same execution: run it twice and the second run does nothing; kill it half way and it goes on.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run -p examples --bin nightly-report
  cargo run -p examples --bin nightly-report -- --date 2026-01-31 --pause 5   (kill it between two customers)
  cargo run -p examples --bin nightly-report -- --customers examples/data/customers.json --id again
  cat nightly-report.outbox/*                                                 (what was sent)
  rm -r nightly-report.*                                                      (forget it all)")]
struct Arguments {
    /// The customers, a JSON file like examples/data/customers.json; those if left out.
    #[arg(long, value_name = "FILE")]
    customers: Option<PathBuf>,
    /// The night, as 2026-01-31; today's date (UTC) if left out.
    #[arg(long)]
    date: Option<Date>,
    /// The execution's id; report-DATE if left out.
    #[arg(long)]
    id: Option<String>,
    /// How long to pause after each statement.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds, allow_negative_numbers = true)]
    pause: u64,
    /// The database that executions live in.
    #[arg(long, value_name = "FILE", default_value = "nightly-report.db")]
    db: PathBuf,
    /// The folder that statements are put into.
    #[arg(long, value_name = "FOLDER", default_value = "nightly-report.outbox")]
    outbox: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::start();
    let result = run(arguments, &terminal).await;
    terminal.finish(result)
}

async fn run(arguments: Arguments, terminal: &Terminal) -> Result<serde_json::Value, Failure> {
    let customers = match &arguments.customers {
        Some(path) => Customer::read(path)?,
        None => Customer::samples(),
    };
    let date = arguments.date.unwrap_or_else(|| {
        jiff::Timestamp::now()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date()
    });
    let id = arguments.id.unwrap_or_else(|| format!("report-{date}"));
    check_id(&id)?;

    let engine = Engine::open(&arguments.db)?;
    let outbox = Outbox::open(&arguments.outbox)?;
    let engine = engine
        .register(nightly_report)
        .state(outbox)
        .start()
        .await?;
    let night = Night {
        date: date.to_string(),
        customers,
        pause_seconds: arguments.pause,
    };
    Session::new(terminal, id)
        .run(&engine, nightly_report, night)
        .await
}
