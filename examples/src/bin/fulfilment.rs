//! An order from payment to delivery: validate, charge, reserve and print at the same time, wait, ship, notify.
//!
//! Kill it at any moment (`kill -9`) and run the same command again: it goes on where it was.

use std::path::PathBuf;

use clap::Parser;
use durable_runtime::prelude::*;
use examples::fulfilment::{self, Ledger, Order, fulfil};
use examples::{Failure, Terminal};

/// Run an order through a durable workflow. The same command again after a crash goes on where it was.
///
/// The same id with the same order returns the recorded result and runs nothing.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run -p examples --bin fulfilment
  cargo run -p examples --bin fulfilment -- --id order-43 --wait 30
  cargo run -p examples --bin fulfilment -- --order my-order.json --id order-44
  sqlite3 fulfilment.db 'select * from operations'    (what was recorded)
  cat fulfilment.ledger                               (what the steps really did)")]
struct Arguments {
    /// The order, a JSON file; a sample order if left out.
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,
    /// The database that the execution lives in.
    #[arg(long, value_name = "FILE", default_value = "fulfilment.db")]
    db: PathBuf,
    /// Where the steps write down what they did.
    #[arg(long, value_name = "FILE", default_value = "fulfilment.ledger")]
    ledger: PathBuf,
    /// The execution's id. The order's own id if left out.
    #[arg(long)]
    id: Option<String>,
    /// How long to wait between packing and shipping.
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    wait: u64,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::start();
    terminal.finish(run(arguments).await)
}

async fn run(arguments: Arguments) -> Result<serde_json::Value, Failure> {
    let mut order = match &arguments.order {
        Some(path) => Order::read(path)?,
        None => Order::sample(),
    };
    order.wait_seconds = arguments.wait;
    let id = arguments.id.unwrap_or_else(|| order.id.clone());
    let engine = examples::open(&arguments.db)?
        .register(fulfil)
        .state(Ledger::new(&arguments.ledger))
        .start()
        .await?;
    fulfilment::announce(&engine, &id).await?;
    let execution = engine.start(fulfil, order).id(&id).await?;
    let delivery = execution.result().await;
    engine.shutdown().await;
    examples::to_json(&delivery?)
}
