//! What an operation costs in executions of different lengths: replayed, run over a backend in memory, and on the engine.

use std::path::Path;
use std::time::Instant;
use std::{env, process::ExitCode};

use durable_benches::measure::{cpu_seconds, print};
use durable_benches::ours::{Ours, sequential};
use durable_benches::waits::patient;
use durable_benches::{RESULT_CHARS, Subject, history, runtime};
use durable_engine::{Engine, TestEngine};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const USAGE: &str = "usage: scaling replay|live OPERATIONS ROUNDS | scaling engine OPERATIONS DIR | scaling resident|replaying OPERATIONS ROUNDS | scaling once resident|replaying OPERATIONS";

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
    match arguments {
        ["once", how, n] => sleeps(n.parse()?, *how == "replaying"),
        ["engine", n, dir] => on_disk(n.parse()?, Path::new(dir)),
        [what, n, rounds] => {
            let (n, rounds) = (n.parse()?, rounds.parse()?);
            match *what {
                "replay" => {
                    let (ours, single) = (Ours::looping(), runtime(0));
                    let recorded = ours.record(&single, n);
                    let invocation = history::invocation(&recorded);
                    drop(recorded);
                    measure("scale.replay", n, rounds, || {
                        ours.replay(&single, n, &invocation);
                        Ok(())
                    })
                }
                "live" => {
                    let (ours, single) = (Ours::looping(), runtime(0));
                    measure("scale.live", n, rounds, || {
                        let calls = ours.live(&single, n);
                        assert!(calls > 0, "a live run calls the service");
                        Ok(())
                    })
                }
                "resident" | "replaying" => {
                    let replaying = *what == "replaying";
                    let metric = format!("scale.{what}");
                    measure(&metric, n, rounds, || sleeps(n, replaying))
                }
                _ => Err(USAGE.into()),
            }
        }
        _ => Err(USAGE.into()),
    }
}

fn measure(
    metric: &str,
    n: usize,
    rounds: usize,
    mut work: impl FnMut() -> Result<(), Failure>,
) -> Result<(), Failure> {
    // A long run is its own warm-up, and takes too long for another.
    if rounds > 1 {
        memory(metric, n, &mut work)?;
        return times(metric, n, rounds, work);
    }
    let before = start_peak();
    times(metric, n, rounds, work)?;
    print_peak(metric, n, before);
    Ok(())
}

/// Prints the nanoseconds of CPU per operation, of as many runs in a round as make it worth measuring.
#[expect(
    clippy::cast_precision_loss,
    reason = "an operation count is far below 2^52"
)]
fn times(
    metric: &str,
    n: usize,
    rounds: usize,
    mut work: impl FnMut() -> Result<(), Failure>,
) -> Result<(), Failure> {
    const WORTH: usize = 20_000;
    let runs = WORTH.div_ceil(n);
    for _ in 0..rounds {
        let before = cpu_seconds();
        for _ in 0..runs {
            work()?;
        }
        let nanos = (cpu_seconds() - before) * 1e9 / (runs * n) as f64;
        print(&format!("{metric}.ns"), &n.to_string(), nanos);
    }
    Ok(())
}

/// Prints how much more than before is allocated at once, at most, while this runs: in bytes per operation. The first of two runs fills what is filled once.
fn memory(
    metric: &str,
    n: usize,
    mut work: impl FnMut() -> Result<(), Failure>,
) -> Result<(), Failure> {
    work()?;
    let before = start_peak();
    work()?;
    print_peak(metric, n, before);
    Ok(())
}

fn start_peak() -> usize {
    ALLOCATOR.reset_peak_usage();
    ALLOCATOR.current_usage()
}

#[expect(clippy::cast_precision_loss, reason = "byte counts are far below 2^52")]
fn print_peak(metric: &str, n: usize, before: usize) {
    let grown = ALLOCATOR.peak_usage().saturating_sub(before);
    print(
        &format!("{metric}.peak"),
        &n.to_string(),
        grown as f64 / n as f64,
    );
}

/// One execution of so many sleeps on the engine, in memory and in virtual time; kept in memory between them, or replayed after each.
fn sleeps(n: usize, replaying: bool) -> Result<(), Failure> {
    let builder = TestEngine::builder().register(patient);
    let builder = if replaying {
        builder.evict_always()
    } else {
        builder
    };
    runtime(0).block_on(async {
        let engine = builder.start().await?;
        let slept = engine.start(patient, n).await?.result().await?;
        assert_eq!(slept, n);
        Ok(())
    })
}

/// One execution of so many steps on the engine over SQLite.
#[expect(clippy::cast_precision_loss, reason = "a step count is far below 2^52")]
fn on_disk(n: usize, dir: &Path) -> Result<(), Failure> {
    let dir = tempfile::tempdir_in(dir)?;
    let path = dir.path().join("bench.db");
    runtime(2).block_on(async {
        let engine = Engine::open(&path)?.register(sequential).start().await?;
        let heap = start_peak();
        let (begun, cpu) = (Instant::now(), cpu_seconds());
        let total = engine.start(sequential, n).await?.result().await?;
        assert_eq!(total, n * RESULT_CHARS);
        let subject = n.to_string();
        let cpu = (cpu_seconds() - cpu) * 1e9 / n as f64;
        print("scale.engine.ns", &subject, cpu);
        let elapsed = begun.elapsed().as_secs_f64() * 1e9 / n as f64;
        print("scale.engine.wall", &subject, elapsed);
        print_peak("scale.engine", n, heap);
        Ok(())
    })
}
