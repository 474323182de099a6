//! The engine on SQLite under a load that lasts: whether its memory and its latencies stay as they are, and what cleaning up costs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use durable_benches::runtime;
use durable_benches::samples::{Samples, rss, sizes};
use durable_benches::traffic::{Desk, called, mapped, retried, short, sleepy};
use durable_engine::Engine;
use durable_engine::clock::{Clock, Sleep, SystemClock};
use durable_runtime::wire::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Between two looks at the memory, and how many of them there are to a line.
const LOOK: Duration = Duration::from_millis(500);
const LOOKS: u32 = 10;
/// Days that ended executions are kept.
const RETENTION: u32 = 1;

/// Runs executions on SQLite, and watches latencies, memory and the database.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many executions, all of them short (three steps).
    #[arg(long, default_value_t = 100_000)]
    executions: u64,
    /// How many are open at any time.
    #[arg(long, default_value_t = 10_000)]
    at_once: u64,
    /// Mixed traffic for so many minutes, whatever `--executions` says: of ten, six are short, one sleeps, one waits for a callback, one is a map of ten and
    /// one has a step that fails at first.
    #[arg(long)]
    minutes: Option<f64>,
    /// The folder for the database: the disk that is meant.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Threads of the async runtime.
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match runtime(arguments.workers).block_on(run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(&arguments.dir)?;
    let database = folder.path().join("load.db");
    load(arguments, &database).await?;
    clean_up(&database).await
}

/// How much there is to do.
struct Plan {
    next: AtomicU64,
    executions: u64,
    time: Option<Duration>,
    started: Instant,
}

impl Plan {
    fn new(arguments: &Arguments) -> Self {
        Self {
            next: AtomicU64::new(0),
            executions: arguments.executions,
            time: arguments
                .minutes
                .map(|minutes| Duration::from_secs_f64(minutes * 60.0)),
            started: Instant::now(),
        }
    }

    /// The number of the next execution.
    fn next(&self) -> Option<u64> {
        let over = self.time.is_some_and(|time| self.started.elapsed() >= time);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (!over && (self.time.is_some() || number < self.executions)).then_some(number)
    }

    /// How much is over, from 0 to 1, when so many have ended.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn part(&self, done: u64) -> f64 {
        match self.time {
            Some(time) => self.started.elapsed().as_secs_f64() / time.as_secs_f64(),
            None => done as f64 / self.executions as f64,
        }
    }
}

async fn load(arguments: &Arguments, database: &Path) -> Result<(), Failure> {
    let (desk, mut ids) = mpsc::unbounded_channel();
    let engine = engine(database, SystemClock, Desk(desk)).await?;
    let answering = tokio::spawn({
        let engine = engine.clone();
        async move {
            while let Some(id) = ids.recv().await {
                engine.callback(id).succeed("approved").await?;
            }
            Ok::<_, Failure>(())
        }
    });
    println!(
        "{}, {} at once, {} workers; RSS before it is {} KiB\n",
        match arguments.minutes {
            Some(minutes) => format!("mixed traffic for {minutes} minutes"),
            None => format!("{} short executions", arguments.executions),
        },
        arguments.at_once,
        arguments.workers,
        rss() / 1024
    );
    let plan = Arc::new(Plan::new(arguments));
    let samples = Arc::new(Mutex::new(Samples::default()));
    let done = Arc::new(AtomicU64::new(0));
    let mixed = arguments.minutes.is_some();
    let mut clients = JoinSet::new();
    for _ in 0..arguments.at_once {
        let (engine, plan) = (engine.clone(), Arc::clone(&plan));
        let (samples, done) = (Arc::clone(&samples), Arc::clone(&done));
        clients.spawn(async move {
            while let Some(number) = plan.next() {
                let kind = if mixed { number % 10 } else { 0 };
                let latency = one(&engine, kind).await?;
                let part = plan.part(done.fetch_add(1, Ordering::Relaxed));
                lock(&samples).ended(latency, part);
            }
            Ok::<_, Failure>(())
        });
    }
    let mut looks = tokio::time::interval_at(tokio::time::Instant::now() + LOOK, LOOK);
    let mut looked = 0;
    loop {
        tokio::select! {
            ended = clients.join_next() => match ended {
                Some(ended) => ended??,
                None => break,
            },
            _ = looks.tick() => {
                let mut samples = lock(&samples);
                samples.look(plan.part(done.load(Ordering::Relaxed)));
                looked += 1;
                if looked % LOOKS == 0 {
                    samples.line(database);
                }
            }
        }
    }
    {
        let mut samples = lock(&samples);
        samples.line(database);
        samples.summary();
    }
    engine.shutdown().await;
    answering.abort();
    // It holds the engine, and with it the database.
    match answering.await {
        Ok(answered) => answered,
        Err(_aborted) => Ok(()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn engine(database: &Path, clock: impl Clock, desk: Desk) -> Result<Engine, Failure> {
    Ok(Engine::open(database)?
        .register(short)
        .register(sleepy)
        .register(called)
        .register(mapped)
        .register(retried)
        .state(desk)
        .retention_days(RETENTION)
        .clock(clock)
        .start()
        .await?)
}

/// Runs an execution of this kind. Of a short one it gives the time that it took.
async fn one(engine: &Engine, kind: u64) -> Result<Option<Duration>, Failure> {
    let start = Instant::now();
    match kind {
        6 => drop(engine.start(sleepy, ()).await?.result().await?),
        7 => drop(engine.start(called, ()).await?.result().await?),
        8 => drop(engine.start(mapped, ()).await?.result().await?),
        9 => drop(engine.start(retried, ()).await?.result().await?),
        _ => {
            engine.start(short, ()).await?.result().await?;
            return Ok(Some(start.elapsed()));
        }
    }
    Ok(None)
}

/// The system's clock, some days later.
#[derive(Clone, Copy)]
struct Later(Duration);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now().saturating_add(self.0)
    }

    fn sleep_until(&self, deadline: Timestamp) -> Sleep {
        let by = i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX);
        let deadline = Timestamp::from_millis(deadline.as_millis().saturating_sub(by));
        SystemClock.sleep_until(deadline)
    }
}

/// Opens the database again when all executions in it are past their time, and measures how they go, and short executions meanwhile.
async fn clean_up(database: &Path) -> Result<(), Failure> {
    let clock = Later(Duration::from_hours(24 * (u64::from(RETENTION) + 1)));
    let (before, _) = sizes(database);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let started = Instant::now();
    let (desk, _ids) = mpsc::unbounded_channel();
    let engine = engine(database, clock, Desk(desk)).await?;
    let opened = started.elapsed();
    let reader = Connection::open_with_flags(database, flags)?;
    let expired = || -> Result<i64, rusqlite::Error> {
        let count =
            "SELECT count(*) FROM executions WHERE delete_at IS NOT NULL AND delete_at <= ?1";
        reader
            .prepare_cached(count)?
            .query_row([clock.now().as_millis()], |row| row.get(0))
    };
    let found = expired()?;
    let mut meanwhile = Vec::new();
    let mut looked = Instant::now();
    loop {
        meanwhile.extend(one(&engine, 0).await?);
        if looked.elapsed() >= Duration::from_millis(100) {
            if expired()? == 0 {
                break;
            }
            looked = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = started.elapsed();
    let mut afterwards = Vec::new();
    for _ in 0..meanwhile.len().min(500) {
        afterwards.extend(one(&engine, 0).await?);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.shutdown().await;
    drop(engine);
    let free: i64 = reader.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    let page: i64 = reader.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let (after, log) = sizes(database);
    println!(
        "\nCleaning up: {found} expired executions were left when the engine was up, {:.1} s after its start; all were gone {:.1} s after it.",
        opened.as_secs_f64(),
        took.as_secs_f64()
    );
    println!(
        "The file had {} MiB before and has {} MiB after (log {} MiB), {} MiB of them free for what comes next.\n",
        before >> 20,
        after >> 20,
        log >> 20,
        (free * page) >> 20
    );
    println!("| short executions, one at a time | number | p50, ms | p99, ms | longest, ms |");
    println!("| --- | --- | --- | --- | --- |");
    row("while cleaning up", &mut meanwhile);
    row("afterwards", &mut afterwards);
    Ok(())
}

fn row(what: &str, latencies: &mut [Duration]) {
    latencies.sort_unstable();
    let at = |per_cent: usize| {
        let index = (latencies.len() * per_cent / 100).min(latencies.len().saturating_sub(1));
        latencies
            .get(index)
            .map_or(0.0, |it| it.as_secs_f64() * 1e3)
    };
    println!(
        "| {what} | {} | {:.2} | {:.2} | {:.2} |",
        latencies.len(),
        at(50),
        at(99),
        at(100)
    );
}
