//! An order from payment to delivery: validate, charge, reserve and print at the same time, wait, ship, notify.
//!
//! Kill it at any moment (`kill -9`) and run the same command again: it goes on where it was.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use durable_engine::Engine;
use examples::fulfilment::{Order, fulfil};
use examples::shared::{Failure, Ledger, Session, Terminal, check_id, seconds};

/// Run an order through a durable workflow. Kill it at any moment; the same command goes on where it was.
///
/// The same id with the same order gives the recorded result and runs nothing.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run -p examples --bin fulfilment
  cargo run -p examples --bin fulfilment -- --id slow --wait 30      (kill it while it waits, and run it again)
  cargo run -p examples --bin fulfilment -- --order examples/data/order-declined.json
  cat fulfilment.ledger                                              (what the steps really did)
  sqlite3 fulfilment.db 'select * from operations_readable'          (what was recorded)
  rm fulfilment.*                                                    (forget it all)")]
struct Arguments {
    /// The order, a JSON file like examples/data/order.json; that one if left out.
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,
    /// The database that executions live in.
    #[arg(long, value_name = "FILE", default_value = "fulfilment.db")]
    db: PathBuf,
    /// Where the steps write down what they do.
    #[arg(long, value_name = "FILE", default_value = "fulfilment.ledger")]
    ledger: PathBuf,
    /// The execution's id; the order's own if left out.
    #[arg(long)]
    id: Option<String>,
    /// How long the parcel waits for its carrier; what the order says, or 3, if left out. An execution that was started before keeps its wait.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    wait: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::start();
    let result = run(arguments, &terminal).await;
    terminal.finish(result)
}

async fn run(arguments: Arguments, terminal: &Terminal) -> Result<serde_json::Value, Failure> {
    let mut order = match &arguments.order {
        Some(path) => Order::read(path)?,
        None => Order::sample(),
    };
    if let Some(wait) = arguments.wait {
        order.wait_seconds = wait;
    }
    let id = arguments.id.unwrap_or_else(|| order.id.clone());
    check_id(&id)?;

    let engine = Engine::open(&arguments.db)?;
    let ledger = Ledger::open(&arguments.ledger)?;
    let engine = engine.register(fulfil).state(ledger).start().await?;
    order.keep_recorded_wait(&engine, &id).await?;
    if arguments
        .wait
        .is_some_and(|wait| wait != order.wait_seconds)
    {
        tracing::info!(
            "{id}: keeps the wait it was started with, {} s",
            order.wait_seconds
        );
    }
    Session::new(terminal, id).run(&engine, fulfil, order).await
}
