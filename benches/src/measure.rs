//! The lines that every bench program prints and the report reads.

use std::time::Instant;

/// Prints one measured value.
pub fn print(metric: &str, subject: &str, value: f64) {
    println!("value\t{metric}\t{subject}\t{value}");
}

/// Prints something to say under the table.
pub fn note(text: &str) {
    println!("note\t{text}");
}

/// Runs `work` and gives the nanoseconds per each of its `n` steps.
#[expect(clippy::cast_precision_loss, reason = "a step count is far below 2^52")]
pub fn nanos_per_step(n: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9 / n as f64
}

/// The CPU time this process has used, in seconds, where `/proc` tells.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "ticks are far below 2^52")]
pub fn cpu_seconds() -> Option<f64> {
    /// `USER_HZ`, 100 on every Linux that we know.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Fields are counted after the command, which may contain spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Some(ticks as f64 / TICKS_PER_SECOND)
}
