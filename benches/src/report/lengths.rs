//! Tables of executions that grow: suspensions, and the cost of an operation by the execution's length.

use super::Report;
use super::values::number;

/// The lengths that are measured, as the metrics name them.
pub(super) const LENGTHS: [&str; 4] = ["100", "1000", "10000", "100000"];

const ROWS: [(&str, &str); 16] = [
    ("scale.replay.instr", "replay, instructions"),
    ("scale.replay.ns", "replay, ns of CPU"),
    ("scale.replay.allocs", "replay, allocations"),
    ("scale.replay.bytes", "replay, bytes allocated"),
    ("scale.replay.peak", "replay, bytes at once"),
    ("scale.live.instr", "live in memory, instructions"),
    ("scale.live.ns", "live in memory, ns of CPU"),
    ("scale.live.peak", "live in memory, bytes at once"),
    (
        "scale.resident.instr",
        "sleeps on the engine, resident, instructions",
    ),
    (
        "scale.resident.ns",
        "sleeps on the engine, resident, ns of CPU",
    ),
    (
        "scale.resident.peak",
        "sleeps on the engine, resident, bytes at once",
    ),
    (
        "scale.replaying.ns",
        "sleeps on the engine, replaying, ns of CPU per sleep",
    ),
    (
        "scale.replaying.each",
        "sleeps on the engine, replaying, ns of CPU per replayed sleep",
    ),
    (
        "scale.engine.ns",
        "steps on the engine with SQLite, ns of CPU",
    ),
    ("scale.engine.wall", "steps on the engine with SQLite, ns"),
    (
        "scale.engine.peak",
        "steps on the engine with SQLite, bytes at once",
    ),
];

impl Report {
    pub(super) fn suspensions(&self) {
        println!("### 1,000 suspensions of one execution\n");
        println!("| | CPU ms | ratio to ours |\n| --- | --- | --- |");
        for (subject, label) in [
            ("ours", "**ours**, a new invocation each time"),
            ("official", "aws-durable-execution-sdk 0.1.0, the same"),
            ("lambda-core", "durable-lambda-core 1.2.0, the same"),
            (
                "engine-resident",
                "**ours** on the engine in memory, kept resident",
            ),
            (
                "engine-replaying",
                "**ours** on the engine in memory, replayed each time",
            ),
        ] {
            let cell = self.values.spread("suspend.ms", subject);
            println!(
                "| {label} | {cell} | {} |",
                self.values.ratio("suspend.ms", subject)
            );
        }
        println!();
    }

    pub(super) fn lengths(&self) {
        println!("### Per operation, by the length of the execution\n");
        println!("| | 100 | 1,000 | 10,000 | 100,000 | longest to shortest | longest to 1,000 |");
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        for (metric, label) in ROWS {
            let known = LENGTHS.map(|length| self.length(metric, length));
            let cells = known.map(|value| value.map(number).unwrap_or_default());
            println!(
                "| {label} | {} | {} | {} |",
                cells.join(" | "),
                self.flatness(metric, "100").map(two).unwrap_or_default(),
                self.flatness(metric, "1000").map(two).unwrap_or_default(),
            );
        }
        println!();
    }

    /// The median at this length.
    pub(super) fn length(&self, metric: &str, length: &str) -> Option<f64> {
        if metric == "scale.replaying.each" {
            // The n-th of them replays all before it: half of n on average.
            let waits: f64 = length.parse().ok()?;
            let sleep = self.values.middle("scale.replaying.ns", length)?;
            return Some(sleep / (waits / 2.0));
        }
        self.values.middle(metric, length)
    }

    /// The cost at the greatest length measured, by that at a smaller one.
    pub(super) fn flatness(&self, metric: &str, from: &str) -> Option<f64> {
        let mut lengths = LENGTHS.iter().rev().take_while(|length| **length != from);
        let longest = lengths.find_map(|length| self.length(metric, length))?;
        Some(longest / self.length(metric, from)?)
    }
}

fn two(ratio: f64) -> String {
    format!("{ratio:.2}")
}
