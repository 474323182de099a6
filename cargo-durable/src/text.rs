//! How things look in text: times, payloads, colours.

use std::io::Write;
use std::time::{Duration, SystemTime};

use anstyle::{AnsiColor, Style};
use durable_engine::ExecutionStatus;
use durable_runtime::wire::{OperationStatus, Timestamp};
use serde::Serialize;

use crate::failure::Failure;

/// Headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// What matters less.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Failures.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Successes.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is under way.
pub(crate) const BUSY: Style = AnsiColor::Yellow.on_default();

pub(crate) const fn of_execution(status: ExecutionStatus) -> Style {
    match status {
        ExecutionStatus::Succeeded => GOOD,
        ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Stopped => BAD,
        _ => BUSY,
    }
}

pub(crate) fn of_operation(status: OperationStatus) -> Style {
    match status {
        OperationStatus::Succeeded => GOOD,
        status if status.is_terminal() => BAD,
        _ => BUSY,
    }
}

/// Prints JSON. Written as a whole, so that what fails is either the writing or the JSON.
pub(crate) fn print_json(value: &impl Serialize, out: &mut impl Write) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(value)?;
    Ok(writeln!(out, "{json}")?)
}

/// The first characters of a text, on one line.
pub(crate) fn excerpt(text: &str, most: usize) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most)
        .collect();
    if text.chars().nth(most).is_some() {
        line.push('…');
    }
    line
}

/// To the second, as in `2026-03-01T12:00:00Z`.
pub(crate) fn seconds(time: Timestamp) -> String {
    let millis = time.as_millis();
    Timestamp::from_millis(millis - millis.rem_euclid(1000)).to_string()
}

/// To the millisecond, always with three digits so that columns stay straight.
pub(crate) fn millis(time: Timestamp) -> String {
    let whole = seconds(time);
    match whole.strip_suffix('Z') {
        Some(date) => format!("{date}.{:03}Z", time.as_millis().rem_euclid(1000)),
        None => time.to_string(),
    }
}

/// How far away a time is: `in 23h 59m`, `3m 12s ago`.
pub(crate) fn away(time: Timestamp) -> String {
    let now = Timestamp::from(SystemTime::now());
    if time > now {
        format!("in {}", length(time.saturating_duration_since(now)))
    } else {
        format!("{} ago", length(now.saturating_duration_since(time)))
    }
}

/// The two largest units of a duration, to the second.
pub(crate) fn length(duration: Duration) -> String {
    let whole = Duration::from_secs(duration.as_secs());
    let full = humantime::format_duration(whole).to_string();
    full.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("short", 5), "short");
        assert_eq!(excerpt("{\n\"größe\": 1}", 9), "{ \"größe\"…");
    }

    #[test]
    fn times_have_as_many_digits_as_they_say() {
        let time = Timestamp::from_millis(1_767_225_600_250);
        assert_eq!(seconds(time), "2026-01-01T00:00:00Z");
        assert_eq!(millis(time), "2026-01-01T00:00:00.250Z");
        assert_eq!(
            millis(Timestamp::from_millis(0)),
            "1970-01-01T00:00:00.000Z"
        );
    }

    #[test]
    fn a_length_has_two_units() {
        assert_eq!(length(Duration::from_millis(90_061_500)), "1day 1h");
        assert_eq!(length(Duration::from_millis(400)), "0s");
    }
}
