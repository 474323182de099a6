//! `durare` on its SQLite provider: the workflow of the other benches, as it comes, and as durable as ours.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, process::ExitCode};

use durare::{DurableContext, DurableEngine, SqliteProvider, WorkflowHandle, WorkflowOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

const USAGE: &str =
    "usage: durable-benches-durare DIR default|durable EXECUTIONS STEPS AT_ONCE SECONDS METRIC";
const RESULT_CHARS: usize = 98;
/// As many connections as its own `connect` opens.
const CONNECTIONS: u32 = 5;

/// Steps that ran; one process measures one load.
static DONE: AtomicU64 = AtomicU64::new(0);

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[&str]) -> Result<(), Failure> {
    let [dir, variant, executions, steps, at_once, seconds, metric] = arguments else {
        return Err(USAGE.into());
    };
    let load = Load {
        executions: executions.parse()?,
        steps: steps.parse()?,
        at_once: at_once.parse()?,
        window: Duration::from_secs(seconds.parse()?),
    };
    let dir = tempfile::tempdir_in(dir)?;
    let path = dir.path().join("bench.db");
    let provider = match *variant {
        "durable" => durable(&path).await?,
        "default" => SqliteProvider::connect(&format!("sqlite://{}", path.display())).await?,
        _ => return Err(USAGE.into()),
    };
    note_settings(variant, provider.system_datasource().pool()).await?;
    let engine = Arc::new(DurableEngine::new(Arc::new(provider)).await?);
    let rate = load.run(&engine).await?;
    println!("value\t{metric}\tdurare-{variant}\t{rate}");
    Ok(())
}

struct Load {
    executions: usize,
    steps: usize,
    at_once: usize,
    window: Duration,
}

impl Load {
    /// Steps per second from the first start to the last result, or to the window's end if that comes first.
    async fn run(&self, engine: &Arc<DurableEngine>) -> Result<f64, Failure> {
        let start = Instant::now();
        let finished = tokio::time::timeout(self.window, self.drive(engine)).await;
        let elapsed = start.elapsed().as_secs_f64();
        let steps = DONE.load(Ordering::Relaxed);
        if let Ok(finished) = finished {
            finished?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a count is far below 2^52")]
        Ok(steps as f64 / elapsed)
    }

    async fn drive(&self, engine: &Arc<DurableEngine>) -> Result<(), Failure> {
        let mut next = 0;
        while next < self.executions {
            let wave = next..self.executions.min(next + self.at_once);
            next = wave.end;
            let mut running = tokio::task::JoinSet::new();
            for number in wave {
                let (engine, steps) = (Arc::clone(engine), self.steps);
                running.spawn(async move {
                    let options = WorkflowOptions::with_id(format!("run{number}"));
                    let run: WorkflowHandle<usize> =
                        engine.start_with(Sequential, steps, options).await?;
                    let total = run.await?;
                    if total == steps * RESULT_CHARS {
                        return Ok(());
                    }
                    Err::<_, Failure>(format!("execution {number} returned {total}").into())
                });
            }
            while let Some(ended) = running.join_next().await {
                ended??;
            }
        }
        Ok(())
    }
}

#[durare::step]
async fn work(ctx: &DurableContext) -> durare::Result<String> {
    DONE.fetch_add(1, Ordering::Relaxed);
    Ok("x".repeat(RESULT_CHARS))
}

#[durare::workflow]
async fn sequential(ctx: DurableContext, steps: usize) -> durare::Result<usize> {
    let mut total = 0;
    for _ in 0..steps {
        total += work(&ctx).await?.len();
    }
    Ok(total)
}

/// Its provider takes a pool, so one is made as its own `connect` makes it, but for the level.
async fn durable(path: &Path) -> Result<SqliteProvider, Failure> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect_with(options)
        .await?;
    Ok(SqliteProvider::from_pool(pool))
}

async fn note_settings(variant: &str, pool: &SqlitePool) -> Result<(), Failure> {
    let mut connections = Vec::new();
    let mut levels: Vec<i64> = Vec::new();
    let (mut mode, mut version) = (String::new(), String::new());
    for _ in 0..CONNECTIONS {
        let mut connection = pool.acquire().await?;
        let one = &mut *connection;
        levels.push(
            sqlx::query_scalar("PRAGMA synchronous")
                .fetch_one(one)
                .await?,
        );
        let one = &mut *connection;
        mode = sqlx::query_scalar("PRAGMA journal_mode")
            .fetch_one(one)
            .await?;
        let one = &mut *connection;
        version = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(one)
            .await?;
        connections.push(connection);
    }
    println!(
        "note\tdurare-{variant}: journal_mode={mode}, synchronous={levels:?} (1 is NORMAL, 2 is FULL), SQLite {version}, read back from each connection of its pool"
    );
    Ok(())
}
