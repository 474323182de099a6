//! Canonical JSON, for keys: the same key must give the same text whatever map type or crate feature wrote it.

use serde::Serialize;
use serde_json::Value;

/// Object members sorted by name, no white space.
pub(crate) fn canonical_json(value: &impl Serialize) -> Result<String, String> {
    let value = serde_json::to_value(value)
        .map_err(|error| format!("it can't be written as JSON: {error}"))?;
    Ok(sorted(value).to_string())
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members
                .into_iter()
                .map(|(name, value)| (name, sorted(value)))
                .collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_sorted_at_every_depth() {
        let value: Value = serde_json::from_str(r#"{"b": [{"z": 1, "a": 2}], "a": null}"#).unwrap();
        assert_eq!(
            canonical_json(&value).unwrap(),
            r#"{"a":null,"b":[{"a":2,"z":1}]}"#
        );
    }

    #[test]
    fn a_key_that_is_no_json_is_an_error() {
        let key = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert!(canonical_json(&key).unwrap_err().contains("JSON"));
    }
}
