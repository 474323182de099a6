//! `duroxide` on its SQLite provider: the workflow of the other benches, as it comes, and as quick to poll and as durable as it lets itself be made.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process::ExitCode};

use duroxide::providers::sqlite::SqliteProvider;
use duroxide::runtime::registry::ActivityRegistry;
use duroxide::runtime::{Runtime, RuntimeOptions};
use duroxide::{
    ActivityContext, Client, OrchestrationContext, OrchestrationRegistry, OrchestrationStatus,
};

const USAGE: &str = "usage: durable-benches-duroxide DIR default|tuned|durable EXECUTIONS STEPS AT_ONCE SECONDS METRIC";
const RESULT_CHARS: usize = 98;

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
        variant,
        executions: executions.parse()?,
        steps: steps.parse()?,
        at_once: at_once.parse()?,
        window: Duration::from_secs(seconds.parse()?),
    };
    let dir = tempfile::tempdir_in(dir)?;
    let rate = load.run(&dir.path().join("bench.db")).await?;
    println!("value\t{metric}\tduroxide-{variant}\t{rate}");
    Ok(())
}

struct Load<'a> {
    variant: &'a str,
    executions: usize,
    steps: usize,
    at_once: usize,
    window: Duration,
}

impl Load<'_> {
    /// Steps per second from the first start to the last result, or to the window's end if that comes first.
    async fn run(&self, path: &Path) -> Result<f64, Failure> {
        fs::File::create(path)?;
        let url = format!("sqlite:{}", path.display());
        let store = Arc::new(SqliteProvider::new(&url, None).await?);
        if self.variant == "durable" {
            sync_fully(&store).await?;
        }
        note_settings(self.variant, &store).await?;

        let done = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&done);
        let activities = ActivityRegistry::builder()
            .register("work", move |_: ActivityContext, _: String| {
                let counter = Arc::clone(&counter);
                async move {
                    counter.fetch_add(1, Ordering::Relaxed);
                    Ok("x".repeat(RESULT_CHARS))
                }
            })
            .build();
        let orchestrations = OrchestrationRegistry::builder()
            .register("sequential", sequential)
            .build();
        let runtime = Runtime::start_with_options(
            Arc::clone(&store) as Arc<_>,
            activities,
            orchestrations,
            options(self.variant),
        )
        .await;

        let client = Client::new(store);
        let start = Instant::now();
        let finished = tokio::time::timeout(self.window, self.drive(&client)).await;
        let elapsed = start.elapsed().as_secs_f64();
        let steps = done.load(Ordering::Relaxed);
        if let Ok(finished) = finished {
            finished?;
        }
        runtime.shutdown(Some(100)).await;
        #[expect(clippy::cast_precision_loss, reason = "a count is far below 2^52")]
        Ok(steps as f64 / elapsed)
    }

    async fn drive(&self, client: &Client) -> Result<(), Failure> {
        let mut next = 0;
        while next < self.executions {
            let wave = next..self.executions.min(next + self.at_once);
            next = wave.end;
            for number in wave.clone() {
                client
                    .start_orchestration(
                        &format!("run{number}"),
                        "sequential",
                        self.steps.to_string(),
                    )
                    .await?;
            }
            for number in wave {
                let ended = client
                    .wait_for_orchestration(&format!("run{number}"), self.window)
                    .await
                    .map_err(|error| format!("waiting failed: {error:?}"))?;
                let expected = (self.steps * RESULT_CHARS).to_string();
                match ended {
                    OrchestrationStatus::Completed { output, .. } if output == expected => {}
                    _ => return Err(format!("execution {number} did not complete").into()),
                }
            }
        }
        Ok(())
    }
}

async fn sequential(cx: OrchestrationContext, steps: String) -> Result<String, String> {
    let steps: usize = steps.parse().map_err(|_| "a number of steps".to_owned())?;
    let mut total = 0;
    for _ in 0..steps {
        total += cx.schedule_activity("work", "").await?.len();
    }
    Ok(total.to_string())
}

fn options(variant: &str) -> RuntimeOptions {
    let mut options = RuntimeOptions::default();
    if variant != "default" {
        options.dispatcher_min_poll_interval = Duration::from_millis(1);
    }
    options
}

/// The provider has no setting for this, but it lends its pool: all of its connections are taken at once and told one by one.
async fn sync_fully(store: &SqliteProvider) -> Result<(), Failure> {
    let pool = store.get_pool();
    let mut connections = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await?;
        sqlx::query("PRAGMA synchronous = FULL")
            .execute(&mut *connection)
            .await?;
        connections.push(connection);
    }
    Ok(())
}

async fn note_settings(variant: &str, store: &SqliteProvider) -> Result<(), Failure> {
    let pool = store.get_pool();
    let mut connections = Vec::new();
    let mut levels = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await?;
        let level: i64 = sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(&mut *connection)
            .await?;
        levels.push(level);
        connections.push(connection);
    }
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(pool_first(&mut connections)?)
        .await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(pool_first(&mut connections)?)
        .await?;
    println!(
        "note\tduroxide-{variant}: journal_mode={mode}, synchronous={levels:?} (1 is NORMAL, 2 is FULL), SQLite {version}, read back from each connection of its pool"
    );
    Ok(())
}

fn pool_first(
    connections: &mut [sqlx::pool::PoolConnection<sqlx::Sqlite>],
) -> Result<&mut sqlx::SqliteConnection, Failure> {
    Ok(connections
        .first_mut()
        .ok_or("the pool has no connection")?)
}
