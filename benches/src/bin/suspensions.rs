//! What 1,000 suspensions of one execution cost: replayed from the growing history each time, as Lambda does it, and kept in memory by our engine.

use std::future::Future;
use std::time::Duration;

use durable_benches::measure::{cpu_seconds, print};
use durable_benches::runtime;
use durable_benches::waits::{patient, waiters};
use durable_engine::TestEngine;
use tokio::runtime::Runtime;

const WAITS: usize = 1000;

fn main() {
    let rounds: usize = std::env::args().nth(1).map_or(3, |rounds| {
        rounds.parse().expect("usage: suspensions [ROUNDS]")
    });
    let runtime = runtime(0);
    let subjects: Vec<_> = waiters()
        .into_iter()
        .map(|waiter| {
            // Answering each to learn the next warms up, too.
            let invocations = runtime.block_on(waiter.invocations(WAITS));
            (waiter, invocations)
        })
        .collect();
    for _ in 0..rounds {
        for (waiter, invocations) in &subjects {
            let cpu = millis_of(&runtime, async {
                for invocation in invocations {
                    let answer = waiter.invoke(invocation).await;
                    assert!(!answer.contains("FAILED"), "{}: {answer}", waiter.name);
                }
            });
            print("suspend.ms", waiter.name, cpu);
        }
        let cpu = millis_of(&runtime, on_engine(false));
        print("suspend.ms", "engine-resident", cpu);
        let cpu = millis_of(&runtime, on_engine(true));
        print("suspend.ms", "engine-replaying", cpu);
    }
}

/// Milliseconds of CPU, the kernel's part included.
fn millis_of(runtime: &Runtime, work: impl Future<Output = ()>) -> f64 {
    let before = cpu_seconds();
    runtime.block_on(work);
    (cpu_seconds() - before) * 1e3
}

/// In virtual time, from the engine's start to the result.
async fn on_engine(evict: bool) {
    let builder = TestEngine::builder().register(patient);
    let builder = if evict {
        builder.evict_always()
    } else {
        builder
    };
    let engine = builder.start().await.expect("an engine");
    let run = engine.start(patient, WAITS).await.expect("a run");
    assert_eq!(run.result().await.expect("a result"), WAITS);
    let passed = engine.elapsed();
    assert_eq!(passed, Duration::from_secs(WAITS as u64), "it waited");
}
