//! How things look in text: times, payloads, colours.

use std::borrow::Cow;
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
    // JSON itself escapes only the lower control characters. All others can stand in its strings alone, so that they may be escaped too.
    let escape = |c: char| match c {
        '\n' => "\n".to_owned(),
        c if is_active(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    let json: String = json.chars().map(escape).collect();
    Ok(writeln!(out, "{json}")?)
}

/// Whether a terminal does something with it other than show it: move, colour, answer, or turn the text around it so that it reads as another.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that somebody else wrote, as one line that does nothing to the terminal: what isn't shown is escaped.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_active(c) {
            line.extend(c.escape_unicode());
        } else {
            line.push(c);
        }
    }
    Cow::Owned(line)
}

/// The same for several lines.
pub(crate) fn shown_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(shown).collect();
    lines.join("\n")
}

/// The first characters of a text, on one line.
pub(crate) fn excerpt(text: &str, most: usize) -> String {
    let blank = |c: char| matches!(c, '\n' | '\r' | '\t');
    let line: String = text
        .chars()
        .map(|c| if blank(c) { ' ' } else { c })
        .take(most)
        .collect();
    let mut line = shown(&line).into_owned();
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
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(shown("größe 🦀"), "größe 🦀");
        assert_eq!(
            shown("\u{1b}[2Ja\u{9b}31m\u{7f}"),
            "\\u{1b}[2Ja\\u{9b}31m\\u{7f}"
        );
        assert_eq!(shown("a\nb\rc"), "a\\u{a}b\\u{d}c");
        assert_eq!(shown("ab\u{202e}cd\u{2066}"), "ab\\u{202e}cd\\u{2066}");
        assert_eq!(shown_lines("a\n\u{7}b"), "a\n\\u{7}b");
        assert_eq!(excerpt("a\tb\u{1b}]0;c", 4), "a b\\u{1b}…");
    }

    #[test]
    fn json_stays_what_it_is() {
        let value = serde_json::json!({"a\u{9b}": ["\u{1b}[2J\u{7f}\u{85}", "\u{202e}ä🦀\n"]});
        let mut printed = Vec::new();
        print_json(&value, &mut printed).unwrap();
        let printed = String::from_utf8(printed).unwrap();
        assert!(
            !printed.contains(|c| c != '\n' && is_active(c)),
            "{printed:?}"
        );
        assert!(printed.contains("ä🦀"), "{printed}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&printed).unwrap(),
            value
        );
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
