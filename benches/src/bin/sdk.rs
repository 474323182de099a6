//! Replay and live runs of one SDK: once, for callgrind, or timed, all of them interleaved.

use std::{env, fs, process::ExitCode};

use durable_benches::measure::{cpu_nanos_per_step, nanos_per_step, print};
use durable_benches::{Subject, history, runtime, subject, subjects};
use tokio::runtime::Runtime;

const USAGE: &str = "usage: sdk names | sizes NAME | record NAME STEPS FILE | replay NAME STEPS FILE | live NAME STEPS | time ROUNDS";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        ["names"] => {
            for subject in subjects() {
                println!("{}", subject.name());
            }
        }
        ["sizes", name] => {
            let [small, large] = named(name)?.sizes();
            println!("{small} {large}");
        }
        ["record", name, steps, file] => {
            let recorded = named(name)?.record(&runtime(0), number(steps)?);
            if !recorded.is_empty() {
                fs::write(file, history::invocation(&recorded))
                    .map_err(|error| format!("can't write `{file}`: {error}"))?;
            }
        }
        ["replay", name, steps, file] => {
            let bytes = fs::read(file).map_err(|error| format!("can't read `{file}`: {error}"))?;
            named(name)?.replay(&runtime(0), number(steps)?, &bytes);
        }
        ["live", name, steps] => {
            named(name)?.live(&runtime(0), number(steps)?);
        }
        ["time", rounds] => time(number(rounds)?),
        _ => return Err(USAGE.to_owned()),
    }
    Ok(())
}

fn named(name: &str) -> Result<Box<dyn Subject>, String> {
    subject(name).ok_or_else(|| format!("no subject is called `{name}`; `sdk names` lists them"))
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no number\n{USAGE}"))
}

/// One round measures every subject once, so that what disturbs the machine disturbs all of them.
#[expect(clippy::cast_precision_loss, reason = "a call count is far below 2^52")]
fn time(rounds: usize) {
    const STEPS: usize = 1000;
    const REPLAYED: usize = 30 * STEPS;
    const LIVED: usize = 3 * STEPS;
    let (single, multi) = (runtime(0), runtime(2));
    let subjects: Vec<_> = subjects()
        .into_iter()
        .map(|subject| {
            let [_, most] = subject.sizes();
            let steps = STEPS.min(most);
            let recorded = subject.record(&single, steps);
            assert!(
                recorded.is_empty() || recorded.len() == steps,
                "{} recorded {} steps",
                subject.name(),
                recorded.len()
            );
            let bytes = (!recorded.is_empty()).then(|| history::invocation(&recorded));
            (subject, steps, bytes)
        })
        .collect();
    for round in 0..=rounds {
        for (subject, steps, bytes) in &subjects {
            let steps = *steps;
            let replay = bytes.as_ref().map(|bytes| {
                cpu_nanos_per_step(REPLAYED, || {
                    for _ in 0..REPLAYED / steps {
                        subject.replay(&single, steps, bytes);
                    }
                })
            });
            let mut calls = 0;
            let mut lived = |runtime: &Runtime| {
                for _ in 0..LIVED / steps {
                    calls = subject.live(runtime, steps);
                }
            };
            // Two workers wait for one another, so CPU is not what a step takes there.
            let live = cpu_nanos_per_step(LIVED, || lived(&single));
            let live_multi = nanos_per_step(LIVED, || lived(&multi));
            // The first round warms up.
            if round == 0 {
                print("live.calls", subject.name(), calls as f64 / steps as f64);
                continue;
            }
            if let Some(replay) = replay {
                print("replay.ns", subject.name(), replay);
            }
            print("live.ns", subject.name(), live);
            print("live2.ns", subject.name(), live_multi);
        }
    }
}
