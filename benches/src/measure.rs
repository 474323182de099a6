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

/// The same in CPU time: what another process takes of the machine meanwhile doesn't count.
#[expect(clippy::cast_precision_loss, reason = "a step count is far below 2^52")]
pub fn cpu_nanos_per_step(n: usize, work: impl FnOnce()) -> f64 {
    let before = cpu_seconds();
    work();
    (cpu_seconds() - before) * 1e9 / n as f64
}

/// The CPU time that this process has used, in seconds, the kernel's part and ended threads included.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds of CPU are far below 2^52"
)]
pub fn cpu_seconds() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}
