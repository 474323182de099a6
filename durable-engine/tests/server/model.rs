//! The service's model, and whether an answer is as it says.

use std::sync::LazyLock;

use serde_json::Value;

use crate::http::Answer;

static MODEL: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../durable-runtime/tests/data/lambda-durable-api.json");
    serde_json::from_str(text).unwrap()
});

/// Exceptions of the front door, which no operation lists.
const ANY: [&str; 8] = [
    "RequestTooLargeException",
    "UnknownOperationException",
    "AccessDeniedException",
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "RequestTimeoutException",
];

/// The HTTP method of an operation.
pub(crate) fn method(operation: &str) -> &'static str {
    let method = &MODEL["operations"][operation]["http"]["method"];
    method.as_str().unwrap()
}

/// Whether the answer is an error in the service's form that callers of the operation know.
pub(crate) fn assert_refused(operation: Option<&str>, answer: &Answer) {
    assert!((400..500).contains(&answer.status), "{answer:?}");
    let exception = answer.exception();
    let errors = operation.map(|it| &MODEL["operations"][it]["errors"]);
    let listed = errors.is_some_and(|errors| {
        let mut errors = errors.as_array().unwrap().iter();
        errors.any(|error| error["shape"] == exception)
    });
    assert!(
        listed || ANY.contains(&exception),
        "{operation:?}: {answer:?}"
    );
    let shape = &MODEL["shapes"][exception];
    if let Some(status) = shape["error"]["httpStatusCode"].as_u64() {
        assert_eq!(u64::from(answer.status), status, "{answer:?}");
    }
    let body = answer.json();
    assert_eq!(body["Type"], "User", "{answer:?}");
    if let Some(members) = shape["members"].as_object() {
        for name in body.as_object().unwrap().keys() {
            assert!(
                members.contains_key(name),
                "{exception} has no {name}: {answer:?}"
            );
        }
    }
    assert!(!answer.message().is_empty(), "{answer:?}");
    assert_common(answer);
}

/// Whether the answer is the operation's own.
pub(crate) fn assert_answered(operation: &str, answer: &Answer) {
    let of = &MODEL["operations"][operation];
    let code = of["http"]["responseCode"].as_u64().unwrap();
    assert_eq!(u64::from(answer.status), code, "{answer:?}");
    let shape = of["output"]["shape"].as_str().unwrap();
    conforms(shape, &answer.json(), operation);
    assert_common(answer);
}

fn assert_common(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/json"));
    for header in ["x-amzn-requestid", "date"] {
        assert!(answer.header(header).is_some(), "{answer:?}");
    }
}

/// Every member is known and has its type, and every required one is there.
fn conforms(shape: &str, value: &Value, path: &str) {
    let model = &MODEL["shapes"][shape];
    let fits = match model["type"].as_str().unwrap() {
        "structure" => {
            let members = &model["members"];
            for required in model["required"].as_array().into_iter().flatten() {
                assert!(
                    value.get(required.as_str().unwrap()).is_some(),
                    "{path} has no {required}: {value}"
                );
            }
            for (name, value) in value
                .as_object()
                .unwrap_or_else(|| panic!("{path}: {value}"))
            {
                let member = members[name]["shape"].as_str();
                let member = member.unwrap_or_else(|| panic!("{path} has an unknown {name}"));
                conforms(member, value, &format!("{path}.{name}"));
            }
            true
        }
        "list" => {
            let member = model["member"]["shape"].as_str().unwrap();
            let items = value
                .as_array()
                .unwrap_or_else(|| panic!("{path}: {value}"));
            items.iter().for_each(|item| conforms(member, item, path));
            true
        }
        "string" => {
            let values = model["enum"].as_array();
            value.is_string() && values.is_none_or(|values| values.contains(value))
        }
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        // Seconds: a date of this century.
        "timestamp" => value.as_f64().is_some_and(|it| (1e9..5e9).contains(&it)),
        other => panic!("{path} is a {other}"),
    };
    assert!(fits, "{path} is not a {shape}: {value}");
}
