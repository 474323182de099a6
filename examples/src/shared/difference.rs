//! [`difference`]: where two JSON values differ, in a sentence.

use serde_json::Value;

/// More differences than this are counted, not listed.
const LISTED: usize = 3;
/// Longer values are cut.
const VALUE_CHARS: usize = 40;

/// Where `given` differs from `recorded`; `None` when it doesn't.
///
/// ```
/// use serde_json::json;
///
/// let difference = examples::shared::difference(&json!({"card": "1", "to": "ada"}), &json!({"card": "2", "to": "ada"}));
/// assert_eq!(difference.unwrap(), r#"`card` is recorded as "1" and given as "2""#);
/// ```
#[must_use]
pub fn difference(recorded: &Value, given: &Value) -> Option<String> {
    let mut found = Vec::new();
    compare("", Some(recorded), Some(given), &mut found);
    let more = found.len().saturating_sub(LISTED);
    found.truncate(LISTED);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    (!found.is_empty()).then(|| found.join(", "))
}

fn compare(path: &str, recorded: Option<&Value>, given: Option<&Value>, found: &mut Vec<String>) {
    match (recorded, given) {
        (Some(Value::Object(recorded)), Some(Value::Object(given))) => {
            for (key, value) in recorded {
                compare(&member(path, key), Some(value), given.get(key), found);
            }
            for (key, value) in given.iter().filter(|(key, _)| !recorded.contains_key(*key)) {
                compare(&member(path, key), None, Some(value), found);
            }
        }
        (Some(Value::Array(recorded)), Some(Value::Array(given))) => {
            for index in 0..recorded.len().max(given.len()) {
                let path = format!("{path}[{index}]");
                compare(&path, recorded.get(index), given.get(index), found);
            }
        }
        (recorded, given) if recorded == given => {}
        (recorded, given) => {
            let place = if path.is_empty() { "the input" } else { path };
            found.push(format!(
                "`{place}` is {} and {}",
                said("recorded as", "not recorded", recorded),
                said("given as", "not given", given)
            ));
        }
    }
}

fn member(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn said(there: &str, absent: &str, value: Option<&Value>) -> String {
    let Some(value) = value else {
        return absent.to_owned();
    };
    let text = value.to_string();
    if text.chars().count() <= VALUE_CHARS {
        return format!("{there} {text}");
    }
    let start: String = text.chars().take(VALUE_CHARS).collect();
    format!("{there} {start}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_do_not_differ() {
        assert_eq!(
            difference(&json!({"a": [1, 2]}), &json!({"a": [1, 2]})),
            None
        );
    }

    #[test]
    fn a_difference_is_named_by_its_path() {
        let recorded = json!({"lines": [{"sku": "pot", "quantity": 1}], "id": "x"});
        let given = json!({"lines": [{"sku": "pot", "quantity": 2}, {"sku": "cup"}], "id": "x"});
        assert_eq!(
            difference(&recorded, &given).unwrap(),
            "`lines[0].quantity` is recorded as 1 and given as 2, `lines[1]` is not recorded and given as {\"sku\":\"cup\"}"
        );
    }

    #[test]
    fn long_values_are_cut_and_many_differences_are_counted() {
        let long = "x".repeat(1_000_000);
        let text = difference(&json!([long, 1, 2, 3, 4]), &json!([])).unwrap();
        assert!(text.chars().count() < 300, "{text}");
        assert!(text.contains('…') && text.ends_with("and 2 more"), "{text}");
    }

    #[test]
    fn values_that_are_no_objects_differ_as_a_whole() {
        assert_eq!(
            difference(&json!(1), &json!({})).unwrap(),
            "`the input` is recorded as 1 and given as {}"
        );
    }
}
