//! Our engine on SQLite, and what the disk under it can do at most.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, process::ExitCode};

use durable_benches::measure::{cpu_seconds, note, print};
use durable_benches::ours::sequential;
use durable_benches::{RESULT_CHARS, result, runtime};
use durable_engine::Engine;
use durable_engine::store::SqliteStore;
use rusqlite::Connection;

const USAGE: &str = "usage: engine DIR disk COMMITS METRIC | engine DIR settings | engine DIR sequential EXECUTIONS STEPS METRIC | engine DIR concurrent EXECUTIONS STEPS METRIC";

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Failure> {
    let [dir, command, rest @ ..] = arguments else {
        return Err(USAGE.into());
    };
    let dir = tempfile::tempdir_in(dir)?;
    let path = dir.path().join("bench.db");
    match (*command, rest) {
        ("disk", [commits, metric]) => disk(&path, commits.parse()?, metric),
        ("settings", []) => runtime(2).block_on(settings(&path)),
        ("sequential", [executions, steps, metric]) => {
            let load = Load::new(1, executions, steps, metric)?;
            runtime(2).block_on(load.run(path))
        }
        ("concurrent", [executions, steps, metric]) => {
            let load = Load::new(usize::MAX, executions, steps, metric)?;
            runtime(2).block_on(load.run(path))
        }
        _ => Err(USAGE.into()),
    }
}

/// How often SQLite can make one row durable, and how many rows when a hundred share a commit.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn disk(path: &Path, commits: usize, metric: &str) -> Result<(), Failure> {
    const BATCH: usize = 100;
    let mut connection = Connection::open(path)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let level: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    connection.execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, payload TEXT)")?;
    let payload = result();
    let insert = "INSERT INTO rows (payload) VALUES (?1)";
    let start = Instant::now();
    for _ in 0..commits {
        connection.prepare_cached(insert)?.execute([&payload])?;
    }
    let rate = commits as f64 / start.elapsed().as_secs_f64();
    print("engine.disk", "single-row commits", rate);
    print(&format!("{metric}.disk"), "single-row commits", rate);
    let batches = commits / 20;
    let start = Instant::now();
    for _ in 0..batches {
        let transaction = connection.transaction()?;
        for _ in 0..BATCH {
            transaction.prepare_cached(insert)?.execute([&payload])?;
        }
        transaction.commit()?;
    }
    print(
        "engine.disk",
        "rows, 100 to a commit",
        (batches * BATCH) as f64 / start.elapsed().as_secs_f64(),
    );
    note(&format!(
        "disk limit: journal_mode={mode}, synchronous={level} (2 is FULL), SQLite {}, read back from its connection",
        rusqlite::version()
    ));
    Ok(())
}

async fn settings(path: &Path) -> Result<(), Failure> {
    let settings = SqliteStore::open(path)?.writer_settings().await?;
    note(&format!(
        "ours: journal_mode={}, synchronous={} (2 is FULL), SQLite {}, read back from the connection that writes",
        settings.journal_mode,
        settings.synchronous,
        rusqlite::version()
    ));
    Ok(())
}

/// So many executions of so many steps each.
struct Load {
    at_once: usize,
    executions: usize,
    steps: usize,
    metric: String,
}

impl Load {
    fn new(at_once: usize, executions: &str, steps: &str, metric: &str) -> Result<Self, Failure> {
        Ok(Self {
            at_once,
            executions: executions.parse()?,
            steps: steps.parse()?,
            metric: metric.to_owned(),
        })
    }

    /// From the first start to the last result.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    async fn run(self, path: PathBuf) -> Result<(), Failure> {
        let engine = Engine::open(&path)?.register(sequential).start().await?;
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let mut started = 0;
        while started < self.executions {
            let mut starting = tokio::task::JoinSet::new();
            let wave = self.at_once.min(self.executions - started);
            started += wave;
            for _ in 0..wave {
                let (engine, steps) = (engine.clone(), self.steps);
                starting.spawn(async move {
                    let run = engine.start(sequential, steps).await?;
                    let total = run.result().await?;
                    assert_eq!(total, steps * RESULT_CHARS);
                    Ok::<_, Failure>(())
                });
            }
            while let Some(ended) = starting.join_next().await {
                ended??;
            }
        }
        let elapsed = start.elapsed();
        let steps = (self.executions * self.steps) as f64;
        print(&self.metric, "ours", steps / elapsed.as_secs_f64());
        let metric = format!("{}.cpu", self.metric);
        print(&metric, "ours", (cpu_seconds() - cpu) * 1e6 / steps);
        Ok(())
    }
}
