//! Allocations per step: what a run of 2n steps allocates more than one of n, so that start-up cancels out.

use std::alloc::System;

use durable_benches::measure::print;
use durable_benches::ours::Ours;
use durable_benches::{Subject, history, runtime, subjects};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let runtime = runtime(0);
    for subject in subjects() {
        let [small, large] = subject.sizes();
        let invocations = subject.sizes().map(|n| {
            let recorded = subject.record(&runtime, n);
            (!recorded.is_empty()).then(|| history::invocation(&recorded))
        });
        if let [Some(few), Some(many)] = &invocations {
            let count = |n, bytes: &[u8]| counted(|| subject.replay(&runtime, n, bytes));
            let difference = Count::between(count(small, few), count(large, many));
            report("replay", &*subject, difference);
        }
        let difference = Count::between(
            live(&*subject, &runtime, small),
            live(&*subject, &runtime, large),
        );
        report("live", &*subject, difference);
    }
    lengths(&runtime);
}

/// What our replay allocates per step in executions of these lengths, start-up included.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn lengths(runtime: &Runtime) {
    let ours = Ours::looping();
    for n in [100, 1_000, 10_000, 100_000] {
        let invocation = history::invocation(&ours.record(runtime, n));
        let count = counted(|| ours.replay(runtime, n, &invocation));
        let length = n.to_string();
        print(
            "scale.replay.allocs",
            &length,
            count.allocations as f64 / n as f64,
        );
        print("scale.replay.bytes", &length, count.bytes as f64 / n as f64);
    }
}

fn live(subject: &dyn Subject, runtime: &Runtime, n: usize) -> Count {
    counted(|| {
        subject.live(runtime, n);
    })
}

#[derive(Clone, Copy)]
struct Count {
    allocations: usize,
    reallocations: usize,
    bytes: usize,
}

impl Count {
    fn between(few: Self, many: Self) -> Self {
        Self {
            allocations: many.allocations.saturating_sub(few.allocations),
            reallocations: many.reallocations.saturating_sub(few.reallocations),
            bytes: many.bytes.saturating_sub(few.bytes),
        }
    }
}

/// Counts the second of two runs: the first one fills what is filled once.
fn counted(mut work: impl FnMut()) -> Count {
    work();
    let region = Region::new(ALLOCATOR);
    work();
    let stats = region.change();
    Count {
        allocations: stats.allocations,
        reallocations: stats.reallocations,
        bytes: stats.bytes_allocated,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn report(path: &str, subject: &dyn Subject, count: Count) {
    let [small, large] = subject.sizes();
    let per_step = |count: usize| count as f64 / (large - small) as f64;
    let name = subject.name();
    print(&format!("{path}.allocs"), name, per_step(count.allocations));
    print(
        &format!("{path}.reallocs"),
        name,
        per_step(count.reallocations),
    );
    print(&format!("{path}.bytes"), name, per_step(count.bytes));
}
