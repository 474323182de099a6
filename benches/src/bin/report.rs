//! Reads what the bench programs printed and writes the tables.

use std::collections::BTreeMap;
use std::io::{self, Read};

/// Values by metric and subject, in the order they were measured.
type Values = BTreeMap<String, BTreeMap<String, Vec<f64>>>;

fn main() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let (values, notes, absent) = parse(&text);
    let long = std::env::args().nth(1).unwrap_or_else(|| "many".to_owned());
    let report = Report {
        values,
        absent,
        long,
    };
    report.paths();
    report.round_trips();
    report.engine();
    if !notes.is_empty() {
        println!("Settings, as the run read them back:\n");
        for note in notes {
            println!("* {note}");
        }
    }
    Ok(())
}

fn parse(text: &str) -> (Values, Vec<String>, BTreeMap<String, String>) {
    let (mut values, mut notes, mut absent) = (Values::new(), Vec::new(), BTreeMap::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            ["value", metric, subject, value] => {
                if let Ok(value) = value.parse() {
                    let subjects = values.entry((*metric).to_owned()).or_default();
                    subjects
                        .entry((*subject).to_owned())
                        .or_default()
                        .push(value);
                }
            }
            ["note", note] if !notes.iter().any(|known| known == note) => {
                notes.push((*note).to_owned());
            }
            ["absent", metric, reason] => {
                absent.insert((*metric).to_owned(), (*reason).to_owned());
            }
            _ => {}
        }
    }
    (values, notes, absent)
}

struct Report {
    values: Values,
    /// Why a metric could not be measured.
    absent: BTreeMap<String, String>,
    /// How many steps the long execution had.
    long: String,
}

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

impl Report {
    fn paths(&self) {
        println!("### Replay, per recorded step\n");
        println!(
            "| | ns | ratio of ns to ours | instructions | allocations | + reallocations | bytes |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        for (subject, label, _) in SUBJECTS {
            if self.of("replay.ns", subject).is_none() {
                continue;
            }
            println!(
                "| {label} | {} | {} | {} | {} | {} | {} |",
                self.spread("replay.ns", subject),
                self.ratio("replay.ns", subject),
                self.one("replay.instr", subject),
                self.one("replay.allocs", subject),
                self.one("replay.reallocs", subject),
                self.one("replay.bytes", subject),
            );
        }
        println!("\n### Live, per sequential step\n");
        println!(
            "| | what is included | service calls | ns, one thread | ns, two workers | instructions | allocations | + reallocations |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
        for (subject, label, includes) in SUBJECTS {
            println!(
                "| {label} | {includes} | {} | {} | {} | {} | {} | {} |",
                self.one("live.calls", subject),
                self.spread("live.ns", subject),
                self.spread("live2.ns", subject),
                self.one("live.instr", subject),
                self.one("live.allocs", subject),
                self.one("live.reallocs", subject),
            );
        }
        println!();
    }

    fn round_trips(&self) {
        println!("### Round trips of 100 steps, the service taking 5 ms for each\n");
        println!("| | calls, one after another | ms | calls, all at once | ms |");
        println!("| --- | --- | --- | --- | --- |");
        for (subject, label) in [
            ("ours", "**ours**"),
            ("official", "aws-durable-execution-sdk 0.1.0"),
            (
                "official-batching",
                "aws-durable-execution-sdk 0.1.0, `checkpoint_batching(true)`",
            ),
        ] {
            let cells = [
                "sequential.calls",
                "sequential.ms",
                "parallel.calls",
                "parallel.ms",
            ]
            .map(|metric| self.spread(&format!("trips.{metric}"), subject));
            println!("| {label} | {} |", cells.join(" | "));
        }
        println!();
    }

    fn engine(&self) {
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
        ] {
            let cells = columns.map(|metric| self.spread(metric, subject));
            println!("| {label} | {} |", cells.join(" | "));
        }
        let cpu = columns.map(|metric| self.spread(&format!("{metric}.cpu"), "ours"));
        println!(
            "| ours, CPU µs per step, kernel included | {} |",
            cpu.join(" | ")
        );
        // By the limit measured just before: the disk is not equally quick at all times.
        let share = columns.map(|metric| {
            match (
                self.of(metric, "ours"),
                self.of(&format!("{metric}.disk"), "single-row commits"),
            ) {
                (Some(ours), Some(limit)) => {
                    let shares: Vec<f64> = ours.iter().zip(limit).map(|(us, it)| us / it).collect();
                    with_spread(&shares, |share| format!("{:.0} %", share * 100.0))
                }
                _ => self.missing(metric),
            }
        });
        println!(
            "| ours, of the disk's single-row commits just before | {} |",
            share.join(" | ")
        );
        println!(
            "\nThe disk's own limit in the same run, WAL + FULL: {} single-row commits a second, {} rows a second with 100 to a commit.\n",
            self.spread("engine.disk", "single-row commits"),
            self.spread("engine.disk", "rows, 100 to a commit"),
        );
    }

    fn of(&self, metric: &str, subject: &str) -> Option<&[f64]> {
        self.values
            .get(metric)
            .and_then(|subjects| subjects.get(subject))
            .map(Vec::as_slice)
    }

    fn missing(&self, metric: &str) -> String {
        self.absent
            .get(metric)
            .map_or_else(|| "n/a".to_owned(), |reason| format!("n/a, {reason}"))
    }

    fn one(&self, metric: &str, subject: &str) -> String {
        match self.of(metric, subject) {
            Some(values) => number(median(values)),
            None => self.missing(metric),
        }
    }

    fn spread(&self, metric: &str, subject: &str) -> String {
        match self.of(metric, subject) {
            Some(values) => with_spread(values, number),
            None => self.missing(metric),
        }
    }

    /// Round by round, so that what slowed a round slowed both sides of its ratio.
    fn ratio(&self, metric: &str, subject: &str) -> String {
        let (Some(ours), Some(theirs)) = (self.of(metric, "ours"), self.of(metric, subject)) else {
            return self.missing(metric);
        };
        let ratios: Vec<f64> = theirs
            .iter()
            .zip(ours)
            .map(|(them, us)| them / us)
            .collect();
        with_spread(&ratios, |ratio| format!("{ratio:.2}"))
    }
}

fn with_spread(values: &[f64], format: impl Fn(f64) -> String) -> String {
    let (min, max) = values
        .iter()
        .fold((f64::MAX, f64::MIN), |(min, max), value| {
            (min.min(*value), max.max(*value))
        });
    format!(
        "{} ({}–{})",
        format(median(values)),
        format(min),
        format(max)
    )
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2, middle.checked_sub(1)) {
        (Some(upper), 0, Some(below)) => sorted
            .get(below)
            .map_or(*upper, |lower| (lower + upper) / 2.0),
        (Some(middle), ..) => *middle,
        (None, ..) => f64::NAN,
    }
}

/// `12,345`, `123` or `1.23`.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
