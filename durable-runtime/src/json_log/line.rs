//! One line of the log.

use std::error::Error;
use std::fmt::{Debug, Write};

use serde::Serialize;
use tracing::Event;
use tracing::field::{Field, Visit};

use crate::wire::Timestamp;

/// Where an event comes from, as the spans around it say.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    execution_arn: Option<String>,
    request_id: Option<String>,
    operation_id: Option<String>,
    operation_name: Option<String>,
    attempt: Option<u64>,
}

impl Origin {
    /// Takes over what the span around says of things that the inner ones didn't. An attempt belongs to its operation.
    pub(super) fn fill_from(&mut self, outer: &Self) {
        if self.operation_id.is_none() {
            self.operation_id.clone_from(&outer.operation_id);
            self.operation_name.clone_from(&outer.operation_name);
            self.attempt = outer.attempt;
        }
        if self.execution_arn.is_none() {
            self.execution_arn.clone_from(&outer.execution_arn);
            self.request_id.clone_from(&outer.request_id);
        }
    }
}

impl Visit for Origin {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "durable.operation.id" {
            self.operation_id = Some(format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let slot = match field.name() {
            "durable.execution.arn" => &mut self.execution_arn,
            "faas.invocation_id" => &mut self.request_id,
            "durable.operation.name" => &mut self.operation_name,
            _ => return,
        };
        *slot = (!value.is_empty()).then(|| value.to_owned());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "durable.attempt.number" {
            self.attempt = Some(value);
        }
    }
}

/// The members that are not the event's to set.
const RESERVED: [&str; 10] = [
    "timestamp",
    "level",
    "message",
    "target",
    "executionArn",
    "requestId",
    "operationId",
    "operationName",
    "attempt",
    "functionName",
];

/// A JSON object being written.
pub(super) struct Line {
    json: String,
    fields: Fields,
}

impl Line {
    /// The whole line, line feed included.
    pub(super) fn of(event: &Event<'_>, origin: &Origin, function_name: Option<&str>) -> String {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = Self {
            json: String::with_capacity(512),
            fields,
        };
        let metadata = event.metadata();
        let message = std::mem::take(&mut line.fields.message);
        line.member(
            "timestamp",
            &Timestamp::from(std::time::SystemTime::now()).to_string(),
        );
        line.member("level", metadata.level().as_str());
        line.member("message", message.as_deref().unwrap_or_default());
        line.member("target", metadata.target());
        line.optional("executionArn", origin.execution_arn.as_deref());
        line.optional("requestId", origin.request_id.as_deref());
        line.optional("operationId", origin.operation_id.as_deref());
        line.optional("operationName", origin.operation_name.as_deref());
        if let Some(attempt) = origin.attempt {
            line.member("attempt", &attempt);
        }
        line.optional("functionName", function_name);
        line.json.push_str(&line.fields.json);
        line.json.push_str("}\n");
        line.json
    }

    fn member<V: Serialize + ?Sized>(&mut self, name: &str, value: &V) {
        self.json.push(if self.json.is_empty() { '{' } else { ',' });
        write_member(&mut self.json, name, value);
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.member(name, value);
        }
    }
}

fn write_member<V: Serialize + ?Sized>(json: &mut String, name: &str, value: &V) {
    let [name, value] = [
        serde_json::to_string(name),
        // What JSON has no number for.
        serde_json::to_string(value),
    ]
    .map(|text| text.unwrap_or_else(|_| "null".to_owned()));
    json.push_str(&name);
    json.push(':');
    json.push_str(&value);
}

/// The event's own fields, each with a comma in front.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    json: String,
}

impl Fields {
    fn add<V: Serialize + ?Sized>(&mut self, field: &Field, value: &V) {
        self.json.push(',');
        if RESERVED.contains(&field.name()) {
            let name = format!("_{}", field.name());
            write_member(&mut self.json, &name, value);
        } else {
            write_member(&mut self.json, field.name(), value);
        }
    }

    fn text(&mut self, field: &Field, value: &str) {
        if field.name() == "message" && self.message.is_none() {
            self.message = Some(value.to_owned());
        } else {
            self.add(field, value);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // A `Debug` that fails has written what it could.
        let _ = write!(text, "{value:?}");
        self.text(field, &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.add(field, &value);
        } else {
            self.add(field, &value.to_string());
        }
    }
}
