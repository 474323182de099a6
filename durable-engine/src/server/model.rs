//! The service's own description of its requests and errors, which requests are read and checked by.
//!
//! `model.json` is an excerpt of it; reading it at run time keeps every path, name, range and pattern in one place, where it can
//! be compared with the original.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::Method;
use regex_lite::Regex;
use serde::Deserialize;

const TEXT: &str = include_str!("model.json");

/// The model. A test reads the text, so it is never empty.
pub(super) static MODEL: LazyLock<Model> =
    LazyLock::new(|| serde_json::from_str(TEXT).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
pub(super) struct Model {
    pub(super) operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

impl Model {
    pub(super) fn shape(&self, reference: &ShapeRef) -> Option<&Shape> {
        self.shapes.get(&reference.shape)
    }

    /// The shape that requests of this operation have.
    pub(super) fn input(&self, operation: &Operation) -> Option<&Shape> {
        self.shape(&operation.input)
    }

    /// The member that an exception's message is in: `message` or `Message`.
    pub(super) fn message_member(&self, exception: &str) -> &'static str {
        let members = self.shapes.get(exception).map(|shape| &shape.members);
        match members {
            Some(members) if members.contains_key("message") => "message",
            _ => "Message",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operation {
    pub(super) http: Http,
    input: ShapeRef,
    errors: Vec<ShapeRef>,
}

impl Operation {
    /// Whether the operation's callers know this exception.
    pub(super) fn has_error(&self, exception: &str) -> bool {
        self.errors.iter().any(|error| error.shape == exception)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Http {
    #[serde(deserialize_with = "method")]
    pub(super) method: Method,
    /// With labels: `/2025-12-01/durable-executions/{DurableExecutionArn}/state`.
    pub(super) request_uri: String,
    pub(super) response_code: u16,
}

#[derive(Debug, Deserialize)]
pub(super) struct ShapeRef {
    shape: String,
}

/// What a value must be like.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shape {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    /// The least number, length or count.
    pub(super) min: Option<u64>,
    /// The largest number, length or count.
    pub(super) max: Option<u64>,
    pub(super) pattern: Option<Pattern>,
    #[serde(rename = "enum", default)]
    pub(super) values: Vec<String>,
    /// Whether the value may not be repeated in a message.
    #[serde(default)]
    pub(super) sensitive: bool,
    /// Of a structure.
    #[serde(default)]
    pub(super) members: BTreeMap<String, Member>,
    #[serde(default)]
    required: Vec<String>,
    /// Of a request: the member that is the whole body.
    pub(super) payload: Option<String>,
    /// Of a list.
    pub(super) member: Option<ShapeRef>,
}

impl Shape {
    pub(super) fn requires(&self, member: &str) -> bool {
        self.required.iter().any(|required| required == member)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Structure,
    List,
    String,
    Integer,
    Boolean,
    Timestamp,
    Blob,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Member {
    #[serde(flatten)]
    pub(super) shape: ShapeRef,
    /// Where it is in a request; none: in the body.
    pub(super) location: Option<Location>,
    location_name: Option<String>,
}

impl Member {
    /// What it is called where it is. `name` is what the model calls it.
    pub(super) fn wire_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.location_name.as_deref().unwrap_or(name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Location {
    Uri,
    Querystring,
    Header,
}

/// A pattern that the whole text must match, and how it is written.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern {
    pub(super) text: String,
    regex: Regex,
}

impl Pattern {
    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex_lite::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let regex = Regex::new(&format!("^(?:{text})$"))?;
        Ok(Self { text, regex })
    }
}

fn method<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
    let text = String::deserialize(deserializer)?;
    Method::from_bytes(text.as_bytes()).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn the_excerpt_is_read() {
        let model: Model = serde_json::from_str(TEXT).unwrap();
        assert_eq!(model.operations.len(), 13);
        for operation in model.operations.values() {
            let input = model.input(operation).unwrap();
            let members = input.members.values();
            assert!(
                members
                    .map(|member| model.shape(&member.shape))
                    .all(|shape| shape.is_some())
            );
        }
    }

    /// Every value of the excerpt is the original's; the excerpt only leaves out.
    #[test]
    fn the_excerpt_says_what_the_original_says() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../durable-runtime/tests/data/lambda-durable-api.json"
        );
        let Ok(original) = std::fs::read_to_string(path) else {
            return; // the published crate stands alone
        };
        let original: Value = serde_json::from_str(&original).unwrap();
        let excerpt: Value = serde_json::from_str(TEXT).unwrap();
        let names = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(&excerpt["operations"]),
            names(&original["operations"])
        );
        for part in ["operations", "shapes"] {
            for (name, entry) in excerpt[part].as_object().unwrap() {
                for (key, value) in entry.as_object().unwrap() {
                    assert_eq!(value, &original[part][name][key], "{part} {name} {key}");
                }
            }
        }
    }

    #[test]
    fn messages_are_where_the_model_has_them() {
        for (exception, member) in [
            ("InvalidParameterValueException", "message"),
            ("ResourceNotFoundException", "Message"),
            ("NobodyKnowsException", "Message"),
        ] {
            assert_eq!(MODEL.message_member(exception), member, "{exception}");
        }
    }
}
