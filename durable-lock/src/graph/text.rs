//! Pieces of source text, cut to what a picture has room for.

use unicode_width::UnicodeWidthChar as _;

/// The text on one line, of characters that every format can hold and that show themselves as they are.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().map(|c| match c {
            // Directional marks would reorder what stands around them.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                char::REPLACEMENT_CHARACTER
            }
            // No XML can hold these.
            '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        }));
    }
    out
}

/// How many columns of a terminal it takes; at least one for each character, so that what combines has room in any font.
pub(super) fn cells(text: &str) -> usize {
    text.chars().map(char_cells).sum()
}

fn char_cells(c: char) -> usize {
    c.width().unwrap_or(1).max(1)
}

/// At most `max` cells of it, with an ellipsis where something is left out.
pub(super) fn shorten(text: &str, max: usize) -> String {
    if cells(text) <= max {
        return text.to_owned();
    }
    let (head, _) = split_at_cell(text, max.saturating_sub(1));
    format!("{}…", head.trim_end())
}

/// The characters that fit into `max` cells, and the others.
fn split_at_cell(text: &str, max: usize) -> (&str, &str) {
    let mut used = 0;
    let mut fits = |c: char| {
        used += char_cells(c);
        used <= max
    };
    let at = text
        .char_indices()
        .map(|(at, c)| (at, fits(c)))
        .find(|(_, fits)| !fits)
        .map_or(text.len(), |(at, _)| at);
    text.split_at(at)
}

/// Like [`shorten`], but what is in brackets goes first, the innermost before what is around it: `match race!(…)` says more than
/// `match race!(answered => look_f…`.
pub(super) fn abridge(text: &str, max: usize) -> String {
    // Nobody reads so much of it anyway.
    let mut text = shorten(text, 1000);
    while cells(&text) > max {
        let Some((from, to)) = longest_brackets(&text) else {
            break;
        };
        text.replace_range(from..to, "…");
    }
    shorten(&text, max)
}

/// The inside of the longest pair of brackets, of those that have none inside but abridged ones.
fn longest_brackets(text: &str) -> Option<(usize, usize)> {
    // Where each open pair begins, and whether one in it is left to abridge.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut found: Option<(usize, usize)> = None;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => open.push((at + 1, false)),
            ')' | ']' | '}' => {
                let Some((from, has_more)) = open.pop() else {
                    continue;
                };
                // An ellipsis takes as much room as one character.
                if at - from <= "…".len() {
                    continue;
                }
                if let Some((_, has_more)) = open.last_mut() {
                    *has_more = true;
                }
                let is_longer = found.is_none_or(|(from, to)| to - from < at - from);
                if !has_more && is_longer {
                    found = Some((from, at));
                }
            }
            _ => {}
        }
    }
    found
}

/// At most `rows` lines of at most `max` cells, broken where a reader would break them.
pub(super) fn wrap(text: &str, max: usize, rows: usize) -> Vec<String> {
    let text = match rows {
        0 => return Vec::new(),
        1 => return vec![abridge(text, max)],
        // A line that is broken leaves some of itself empty.
        rows => abridge(text, max * rows - max / 3),
    };
    let mut lines = Vec::new();
    let mut rest = text.as_str();
    while cells(rest) > max && lines.len() + 1 < rows {
        let (fits, _) = split_at_cell(rest, max);
        let at = match (fits.rfind(' '), fits.rfind([',', '(', ':', '|', ' '])) {
            (Some(space), _) if space > fits.len() / 3 => space + 1,
            (_, Some(sign)) if sign > fits.len() / 3 => sign + 1,
            _ => fits.len(),
        };
        let (line, more) = rest.split_at(at);
        lines.push(line.trim_end().to_owned());
        rest = more.trim_start();
    }
    lines.push(shorten(rest, max));
    lines
}

/// A duration as a person says it, where it is written as a constructor of `Duration`: `24 hours`; otherwise as written.
pub(super) fn duration(written: &str) -> String {
    spoken(written).unwrap_or_else(|| written.to_owned())
}

fn spoken(written: &str) -> Option<String> {
    let (path, call) = written.split_once("Duration::from_")?;
    let is_path = path
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, ':' | '_'));
    let (unit, rest) = call.split_once('(')?;
    let count = rest.strip_suffix(')')?;
    if !is_path || !is_balanced(count) {
        return None;
    }
    let unit = match unit {
        "weeks" => "week",
        "days" => "day",
        "hours" => "hour",
        "mins" | "minutes" => "minute",
        "secs" | "secs_f64" | "secs_f32" => "second",
        "millis" => "millisecond",
        "micros" => "microsecond",
        "nanos" => "nanosecond",
        _ => return None,
    };
    let plural = if count == "1" { "" } else { "s" };
    Some(match count.contains(' ') {
        true => format!("({count}) {unit}{plural}"),
        false => format!("{count} {unit}{plural}"),
    })
}

/// Whether no bracket is closed in it that it doesn't open.
fn is_balanced(text: &str) -> bool {
    let mut open = 0_usize;
    for c in text.chars() {
        match c {
            '(' => open += 1,
            ')' => match open.checked_sub(1) {
                Some(left) => open = left,
                None => return false,
            },
            _ => {}
        }
    }
    open == 0
}
