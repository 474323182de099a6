//! What a load is watched by: latencies, memory and the database's size, a line every so often, and whether they stayed as they were.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// What is held in one quarter of the load.
#[derive(Debug, Clone)]
struct Quarter {
    latencies: Histogram<u64>,
    done: u64,
    /// When the first and the last execution of it ended.
    from: Option<Instant>,
    until: Option<Instant>,
    rss: Vec<u64>,
}

/// Collects figures; one is shared by all who run executions.
#[derive(Debug)]
pub struct Samples {
    started: Instant,
    printed: Instant,
    /// Since the last line.
    now: Histogram<u64>,
    done: u64,
    done_at_line: u64,
    quarters: Vec<Quarter>,
}

impl Quarter {
    fn took(&self) -> Duration {
        match (self.from, self.until) {
            (Some(from), Some(until)) => until - from,
            _ => Duration::ZERO,
        }
    }
}

/// Microseconds: from one to an hour, to one per cent.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000, 2).expect("the bounds are in order")
}

impl Default for Samples {
    fn default() -> Self {
        let quarter = Quarter {
            latencies: histogram(),
            done: 0,
            from: None,
            until: None,
            rss: Vec::new(),
        };
        let started = Instant::now();
        Self {
            started,
            printed: started,
            now: histogram(),
            done: 0,
            done_at_line: 0,
            quarters: vec![quarter; 4],
        }
    }
}

fn millis(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    micros_to_millis(histogram.value_at_quantile(quantile))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn micros_to_millis(micros: u64) -> f64 {
    micros as f64 / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_second(count: u64, took: Duration) -> f64 {
    if took.is_zero() {
        return 0.0;
    }
    count as f64 / took.as_secs_f64()
}

/// The resident memory of this process in bytes, where `/proc` tells: 0 elsewhere.
#[must_use]
pub fn rss() -> u64 {
    // In KiB, while `/proc/self/statm` counts in pages, whose size is another question.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// The bytes of a database and of its log.
#[must_use]
pub fn sizes(database: &Path) -> (u64, u64) {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    (size(database), size(Path::new(&log)))
}

impl Samples {
    /// An execution has ended. `latency` is that of a short one, from before its start until its result was there; `part` is how much of the load
    /// is over, from 0 to 1.
    pub fn ended(&mut self, latency: Option<Duration>, part: f64) {
        self.done += 1;
        let quarter = &mut self.quarters[quarter(part)];
        quarter.done += 1;
        quarter.until = Some(Instant::now());
        quarter.from = quarter.from.or(quarter.until);
        if let Some(latency) = latency {
            let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
            self.now.saturating_record(micros);
            quarter.latencies.saturating_record(micros);
        }
    }

    /// Looks at how much memory there is.
    pub fn look(&mut self, part: f64) {
        self.quarters[quarter(part)].rss.push(rss());
    }

    /// Prints a line on what has happened since the last one.
    pub fn line(&mut self, database: &Path) {
        let (rss, (size, log)) = (rss(), sizes(database));
        let since = self.printed.elapsed();
        println!(
            "{:>6.0} s  {:>9} done  {:>7.0}/s  p50 {:>9.2} ms  p99 {:>9.2} ms  RSS {:>7.1} MiB  database {:>8.1} MiB + log {:>6.1} MiB",
            self.started.elapsed().as_secs_f64(),
            self.done,
            per_second(self.done - self.done_at_line, since),
            millis(&self.now, 0.5),
            millis(&self.now, 0.99),
            mib(rss),
            mib(size),
            mib(log),
        );
        self.printed = Instant::now();
        self.done_at_line = self.done;
        self.now.reset();
    }

    /// The table of quarters, with the last against the first.
    pub fn summary(&self) {
        let rows: Vec<[f64; 4]> = self
            .quarters
            .iter()
            .map(|quarter| {
                let most = quarter.rss.iter().max().copied().unwrap_or_default();
                [
                    per_second(quarter.done, quarter.took()),
                    millis(&quarter.latencies, 0.5),
                    millis(&quarter.latencies, 0.99),
                    mib(most),
                ]
            })
            .collect();
        let took = self.started.elapsed();
        println!(
            "\n{} executions in {:.0} s: {:.0} a second.\n",
            self.done,
            took.as_secs_f64(),
            per_second(self.done, took)
        );
        println!(
            "| quarter | executions a second | short ones: p50, ms | p99, ms | greatest RSS, MiB |"
        );
        println!("| --- | --- | --- | --- | --- |");
        for (number, row) in rows.iter().enumerate() {
            let [rate, p50, p99, rss] = row;
            println!(
                "| {} | {rate:.0} | {p50:.2} | {p99:.2} | {rss:.1} |",
                number + 1
            );
        }
        if let [first, .., last] = &*rows {
            let ratio: Vec<String> = first
                .iter()
                .zip(last)
                .map(|(first, last)| match *first > 0.0 {
                    true => format!("{:.2}", last / first),
                    false => "n/a".to_owned(),
                })
                .collect();
            println!("| last to first | {} |", ratio.join(" | "));
        }
    }
}

/// Which quarter this part of the load is in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and 4"
)]
fn quarter(part: f64) -> usize {
    ((part.clamp(0.0, 1.0) * 4.0) as usize).min(3)
}
