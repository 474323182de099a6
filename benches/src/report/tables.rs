//! The tables of single figures: replay, live, round trips and engines.

use super::Report;
use super::values::{number, with_spread};

const SUBJECTS: [(&str, &str, &str); 7] = [
    (
        "ours",
        "**ours**, a step in a loop",
        "runtime over a backend in memory, no AWS call stack",
    ),
    (
        "ours-straight",
        "**ours**, each of 250 steps its own site",
        "the same",
    ),
    (
        "ours-lambda",
        "**ours**, as a Lambda function",
        "Lambda host and the AWS SDK's call stack, down to a stub connection",
    ),
    (
        "official",
        "aws-durable-execution-sdk 0.1.0",
        "SDK and the AWS SDK's call stack, down to a stub connection",
    ),
    (
        "lambda-core",
        "durable-lambda-core 1.2.0",
        "SDK and the AWS SDK's call stack, down to a stub connection",
    ),
    (
        "lambda-core-null",
        "durable-lambda-core 1.2.0, null backend",
        "SDK over a backend in memory: like ours, no AWS call stack",
    ),
    (
        "bare-call",
        "one bare `CheckpointDurableExecution` call",
        "the AWS SDK's call stack alone, down to a stub connection",
    ),
];

/// SDKs of other languages, which only replay here.
const OTHER_LANGUAGES: [(&str, &str, &str); 2] = [
    (
        "python",
        "aws-durable-execution-sdk-python 3.0.0, inside Python",
        "",
    ),
    (
        "javascript",
        "@aws/durable-execution-sdk-js 2.4.0, inside Node",
        "",
    ),
];

/// Whose live figure contains the AWS SDK's call stack.
pub(super) const THROUGH_SDK: [&str; 3] = ["ours-lambda", "official", "lambda-core"];

/// Subjects of the round trips, as the tables name them.
const TRIPS: [(&str, &str); 4] = [
    ("ours", "**ours**"),
    ("official", "aws-durable-execution-sdk 0.1.0"),
    (
        "official-batching",
        "aws-durable-execution-sdk 0.1.0, `checkpoint_batching(true)`",
    ),
    ("lambda-core", "durable-lambda-core 1.2.0"),
];

impl Report {
    pub(super) fn paths(&self) {
        println!("### Replay, per recorded step\n");
        println!(
            "| | ns of CPU | ratio of ns to ours | instructions | allocations | + reallocations | bytes |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        for (subject, label, _) in SUBJECTS.into_iter().chain(OTHER_LANGUAGES) {
            if self.values.of("replay.ns", subject).is_none() {
                continue;
            }
            println!(
                "| {label} | {} | {} | {} | {} | {} | {} |",
                self.values.spread("replay.ns", subject),
                self.values.ratio("replay.ns", subject),
                self.values.some("replay.instr", subject),
                self.values.some("replay.allocs", subject),
                self.values.some("replay.reallocs", subject),
                self.values.some("replay.bytes", subject),
            );
        }
        println!("\n### Live, per sequential step\n");
        println!(
            "| | what is included | service calls | ns of CPU, one thread | more than the bare call, ns | ratio to it | ns, two workers | instructions | allocations | + reallocations |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        for (subject, label, includes) in SUBJECTS {
            println!(
                "| {label} | {includes} | {} | {} | {} | {} | {} | {} | {} | {} |",
                self.values.one("live.calls", subject),
                self.values.spread("live.ns", subject),
                self.beside_bare(subject, |it, bare| it - bare, number),
                self.beside_bare(subject, |it, bare| it / bare, |ratio| format!("{ratio:.2}")),
                self.values.spread("live2.ns", subject),
                self.values.one("live.instr", subject),
                self.values.one("live.allocs", subject),
                self.values.one("live.reallocs", subject),
            );
        }
        println!();
    }

    /// Round by round. Empty for those that don't go through the AWS SDK, and for the bare call itself.
    fn beside_bare(
        &self,
        subject: &str,
        combine: impl Fn(f64, f64) -> f64,
        format: impl Fn(f64) -> String,
    ) -> String {
        if !THROUGH_SDK.contains(&subject) {
            return String::new();
        }
        match self.values.pairs("live.ns", subject, "bare-call", combine) {
            Some(values) => with_spread(&values, format),
            None => self.values.missing("live.ns"),
        }
    }

    pub(super) fn round_trips(&self) {
        for (title, shapes, header) in [
            (
                "Round trips of 100 steps, the service taking 5 ms for each",
                ["sequential", "parallel"],
                "| | calls, one after another | ms | calls, all at once | ms |",
            ),
            (
                "A `map` of 100 items with one step each, the service taking 5 ms for each call",
                ["map", "map-flat"],
                "| | calls, each item with a context | ms | calls, flat | ms |",
            ),
        ] {
            println!("### {title}\n\n{header}\n| --- | --- | --- | --- | --- |");
            for (subject, label) in TRIPS {
                let metrics = shapes.iter().flat_map(|shape| {
                    [format!("trips.{shape}.calls"), format!("trips.{shape}.ms")]
                });
                let cells: Vec<_> = metrics
                    .map(|metric| match self.values.of(&metric, subject) {
                        Some(values) => with_spread(values, number),
                        None => String::new(),
                    })
                    .collect();
                if cells.iter().any(|cell| !cell.is_empty()) {
                    println!("| {label} | {} |", cells.join(" | "));
                }
            }
            println!();
        }
    }

    pub(super) fn engine(&self) {
        println!("### Engine on SQLite, steps per second\n");
        println!(
            "| | one execution at a time, 20 steps each | one execution of {} steps | 1,000 executions at once, 20 steps each |",
            self.long
        );
        println!("| --- | --- | --- | --- |");
        let columns = ["engine.short", "engine.long", "engine.many"];
        for (subject, label) in [
            ("ours", "**ours**, WAL + FULL"),
            (
                "duroxide-durable",
                "duroxide 0.1.32, WAL + FULL set on its pool, 1 ms polling",
            ),
            ("duroxide-tuned", "duroxide 0.1.32, 1 ms polling"),
            ("duroxide-default", "duroxide 0.1.32 as it comes"),
            ("durare-durable", "durare 0.5.0, WAL + FULL set on its pool"),
            ("durare-default", "durare 0.5.0 as it comes, WAL + NORMAL"),
        ] {
            let cells = columns.map(|metric| self.values.spread(metric, subject));
            println!("| {label} | {} |", cells.join(" | "));
        }
        let cpu = columns.map(|metric| self.values.spread(&format!("{metric}.cpu"), "ours"));
        println!(
            "| ours, CPU µs per step, kernel included | {} |",
            cpu.join(" | ")
        );
        // By the limit measured just before: the disk is not equally quick at all times.
        let share = columns.map(|metric| {
            match (
                self.values.of(metric, "ours"),
                self.values
                    .of(&format!("{metric}.disk"), "single-row commits"),
            ) {
                (Some(ours), Some(limit)) => {
                    let shares: Vec<f64> = ours.iter().zip(limit).map(|(us, it)| us / it).collect();
                    with_spread(&shares, |share| format!("{:.0} %", share * 100.0))
                }
                _ => self.values.missing(metric),
            }
        });
        println!(
            "| ours, of the disk's single-row commits just before | {} |",
            share.join(" | ")
        );
        println!(
            "\nThe disk's own limit in the same run, WAL + FULL: {} single-row commits a second, {} rows a second with 100 to a commit.\n",
            self.values.spread("engine.disk", "single-row commits"),
            self.values.spread("engine.disk", "rows, 100 to a commit"),
        );
    }
}
