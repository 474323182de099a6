//! A request that waits for a signature, which arrives by HTTP from another program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use durable_engine::Engine;
use durable_engine::server::Server;
use examples::approval::{Desk, Request, sign_off};
use examples::shared::{Failure, Session, Terminal, check_id, seconds};

/// Wait for a signature that another program sends: a callback in two phases.
///
/// Run it, and answer from a second terminal with the command that it prints: AWS's own Python library (boto3) sends a success, a failure or a heartbeat. Kill
/// it while it waits and run it again: the callback's id stays good, and its deadline goes on counting.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run -p examples --features server --bin approval
  cargo run -p examples --features server --bin approval -- --id lisbon --what 'a trip to Lisbon' --timeout 600
  examples/approval/answer.py --endpoint http://127.0.0.1:9002 ID sign --by Grace   (in a second terminal)
  rm approval.db*                                                                  (forget it all)")]
struct Arguments {
    /// The request's id; the same id gives the same execution.
    #[arg(long, default_value = "request-1")]
    id: String,
    /// What is to be signed.
    #[arg(long, value_name = "TEXT", default_value = "a new tea pot, 39.00")]
    what: String,
    /// How long the request stands.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds, allow_negative_numbers = true)]
    timeout: u64,
    /// How often the signer must send a heartbeat; they need not unless this is given.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    heartbeat: Option<u64>,
    /// Where answers are taken; a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9002")]
    listen: SocketAddr,
    /// The database that executions live in.
    #[arg(long, value_name = "FILE", default_value = "approval.db")]
    db: PathBuf,
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
        heartbeat,
        listen,
        db,
    } = arguments;
    check_id(&id)?;
    if let Some(heartbeat) = heartbeat.filter(|heartbeat| *heartbeat >= timeout) {
        return Err(Failure::Input(format!(
            "a heartbeat every {heartbeat} s never matters to a request that stands for {timeout} s; give --heartbeat less than --timeout"
        )));
    }
    if listen.port() == 0 {
        return Err(Failure::Input(
            "answers must find the same address after a restart; give --listen a port of its own"
                .to_owned(),
        ));
    }
    let request = Request {
        id: id.clone(),
        what,
        timeout_seconds: timeout,
        heartbeat_seconds: heartbeat,
    };
    let desk = Desk {
        endpoint: format!("http://{listen}"),
    };
    let engine = Engine::open(&db)?
        .register(sign_off)
        .state(desk)
        .start()
        .await?;
    // Answers are taken for as long as this process runs, those to other requests in the database too.
    let server = Server::new(engine.service())
        .bind(listen)
        .await
        .map_err(|error| {
            Failure::Input(format!("{error}; choose another address with --listen"))
        })?;
    tracing::info!("answers are taken at http://{}", server.local_addr());
    let serving = tokio::spawn(server.serve_until(std::future::pending()));
    let ended = Session::new(terminal, id)
        .run(&engine, sign_off, request)
        .await;
    serving.abort();
    ended
}
