//! Scans documents whose text is too large for a history, and indexes them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use durable_engine::Engine;
use examples::codecs::{ClaimCheck, FolderStore};
use examples::document_archive::{Batch, document_archive};
use examples::shared::{Failure, Session, Terminal, check_id, seconds};

/// Scan and index a batch of documents: large results in an object store, the others compressed.
///
/// The same id gives the same execution: run it twice and the second run does nothing; kill it half way and it goes on.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run -p examples --bin document-archive
  cargo run -p examples --bin document-archive -- --documents 20 --pause 2   (kill it between two documents)
  cargo durable show --db document-archive.db archive-1                      (claim checks and compressed results)
  ls -l document-archive.objects/*                                           (what they stand for)
  rm -r document-archive.*                                                   (forget it all)")]
struct Arguments {
    /// How many documents there are.
    #[arg(long, value_name = "COUNT", default_value = "3", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    documents: u32,
    /// How many pages each has, about 2 KB of text a page.
    #[arg(long, value_name = "COUNT", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pages: u32,
    /// How long the scanner pauses after each document.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds, allow_negative_numbers = true)]
    pause: u64,
    /// The execution's id.
    #[arg(long, default_value = "archive-1")]
    id: String,
    /// The database that executions live in.
    #[arg(long, value_name = "FILE", default_value = "document-archive.db")]
    db: PathBuf,
    /// The folder that large results are kept in.
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "document-archive.objects"
    )]
    objects: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::start();
    let result = run(arguments, &terminal).await;
    terminal.finish(result)
}

async fn run(arguments: Arguments, terminal: &Terminal) -> Result<serde_json::Value, Failure> {
    check_id(&arguments.id)?;
    let objects = FolderStore::open(&arguments.objects).map_err(|error| {
        let folder = arguments.objects.display();
        Failure::Input(format!("the folder {folder} can't be used: {error}"))
    })?;
    let engine = Engine::open(&arguments.db)?
        .register(document_archive)
        .state(ClaimCheck::new(objects))
        .start()
        .await?;
    let batch = Batch {
        name: arguments.id.clone(),
        documents: arguments.documents,
        pages: arguments.pages,
        pause_seconds: arguments.pause,
    };
    Session::new(terminal, arguments.id)
        .run(&engine, document_archive, batch)
        .await
}
