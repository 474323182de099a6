//! Whether a request is what the model asks for.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::model::{Kind, Model, Pattern, Shape};

/// How many violations a message lists; the rest are counted.
const LISTED: usize = 5;
/// How much of a value a message repeats, in characters.
const EXCERPT: usize = 64;

/// Checks the members of a request, and says in the service's way what is wrong with which.
pub(super) fn check(
    model: &Model,
    input: &Shape,
    request: &Map<String, Value>,
) -> Result<(), String> {
    let mut found = Violations::default();
    structure(model, input, request, &mut String::new(), &mut found);
    found.into_result()
}

/// Checks a length that is known before the value is.
pub(super) fn check_length(name: &str, shape: &Shape, length: u64) -> Result<(), String> {
    let mut found = Violations::default();
    bounds(shape, Measure::Length, length, name, None, &mut found);
    found.into_result()
}

#[derive(Default)]
struct Violations {
    messages: Vec<String>,
    count: usize,
}

impl Violations {
    /// `value` is left out where it may not be shown.
    fn add(&mut self, value: Option<&Value>, path: &str, rule: &str) {
        self.count += 1;
        if self.messages.len() == LISTED {
            return;
        }
        let value = value.map(excerpt).unwrap_or_default();
        self.messages.push(format!(
            "Value{value} at '{path}' failed to satisfy constraint: {rule}"
        ));
    }

    fn into_result(self) -> Result<(), String> {
        let Self { messages, count } = self;
        if count == 0 {
            return Ok(());
        }
        let errors = if count == 1 { "error" } else { "errors" };
        let list = messages.join("; ");
        let more = if count > messages.len() { "; …" } else { "" };
        Err(format!(
            "{count} validation {errors} detected: {list}{more}"
        ))
    }
}

fn structure(
    model: &Model,
    shape: &Shape,
    members: &Map<String, Value>,
    path: &mut String,
    found: &mut Violations,
) {
    for (name, member) in &shape.members {
        let Some(of) = model.shape(&member.shape) else {
            continue;
        };
        let before = path.len();
        if before > 0 {
            path.push('.');
        }
        path.push_str(name);
        match members.get(name).filter(|value| !value.is_null()) {
            Some(given) => value(model, of, given, path, found),
            // A blob is not among the members, and no request requires one.
            None if shape.requires(name) => {
                found.add(Some(&Value::Null), path, "Member must not be null");
            }
            None => {}
        }
        path.truncate(before);
    }
}

fn value(model: &Model, shape: &Shape, given: &Value, path: &mut String, found: &mut Violations) {
    let shown = (!shape.sensitive).then_some(given);
    match (shape.kind, given) {
        (Kind::Structure, Value::Object(members)) => structure(model, shape, members, path, found),
        (Kind::List, Value::Array(items)) => {
            bounds(shape, Measure::Count, items.len() as u64, path, None, found);
            let Some(of) = shape.member.as_ref().and_then(|it| model.shape(it)) else {
                return;
            };
            let before = path.len();
            for (index, item) in items.iter().enumerate() {
                // Writing to a string can't fail.
                let _ = write!(path, "[{index}]");
                match item {
                    Value::Null => found.add(Some(item), path, "Member must not be null"),
                    item => value(model, of, item, path, found),
                }
                path.truncate(before);
            }
        }
        (Kind::String, Value::String(text)) => {
            let length = text.chars().count() as u64;
            bounds(shape, Measure::Length, length, path, shown, found);
            // A text that is too long is not looked through.
            let long = shape.max.is_some_and(|max| length > max);
            let breaks = |pattern: &&Pattern| !long && !pattern.matches(text);
            if let Some(pattern) = shape.pattern.as_ref().filter(breaks) {
                let rule = format!(
                    "Member must satisfy regular expression pattern: {}",
                    pattern.text
                );
                found.add(shown, path, &rule);
            }
            if !shape.values.is_empty() && !shape.values.contains(text) {
                let rule = format!(
                    "Member must satisfy enum value set: [{}]",
                    shape.values.join(", ")
                );
                found.add(shown, path, &rule);
            }
        }
        (Kind::Integer, Value::Number(number)) if !number.is_f64() => match number.as_u64() {
            Some(number) => bounds(shape, Measure::Value, number, path, shown, found),
            None => bounds(shape, Measure::Negative, 0, path, shown, found),
        },
        (Kind::Boolean, Value::Bool(_)) | (Kind::Timestamp, Value::Number(_)) => {}
        (kind, _) => found.add(shown, path, &format!("Member must be {}", article(kind))),
    }
}

/// What a range is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Value,
    /// A number below zero, where no range of the model reaches.
    Negative,
    Length,
    Count,
}

fn bounds(
    shape: &Shape,
    measure: Measure,
    size: u64,
    path: &str,
    shown: Option<&Value>,
    found: &mut Violations,
) {
    let noun = match measure {
        Measure::Value | Measure::Negative => "value",
        Measure::Length | Measure::Count => "length",
    };
    let min = shape.min.unwrap_or(0);
    if size < min || measure == Measure::Negative {
        let rule = format!("Member must have {noun} greater than or equal to {min}");
        found.add(shown, path, &rule);
    }
    if let Some(max) = shape.max.filter(|max| size > *max) {
        let rule = format!("Member must have {noun} less than or equal to {max}");
        found.add(shown, path, &rule);
    }
}

const fn article(kind: Kind) -> &'static str {
    match kind {
        Kind::Structure => "an object",
        Kind::List => "an array",
        Kind::String => "a string",
        Kind::Integer => "an integer",
        Kind::Boolean => "true or false",
        Kind::Timestamp => "a date, as in 2026-01-31T12:00:00Z, or seconds since 1970",
        Kind::Blob => "bytes",
    }
}

/// A value as a message shows it, after a space: the beginning of it, and a composite only by what it is.
fn excerpt(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let mut shown: String = text.chars().take(EXCERPT).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            format!(" '{shown}'")
        }
        Value::Array(_) => " of type array".to_owned(),
        Value::Object(_) => " of type object".to_owned(),
        plain => format!(" {plain}"),
    }
}
