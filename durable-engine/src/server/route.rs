//! Which operation a request is for.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use super::model::{Model, Operation};

/// The operation of a path, and what stands in the path's label.
#[derive(Debug)]
pub(super) struct Route<'m> {
    pub(super) name: &'m str,
    pub(super) operation: &'m Operation,
    /// The label's name.
    pub(super) label: &'m str,
    /// What the path has there, decoded.
    pub(super) value: String,
}

/// Finds the operation; none when the service has no such path or it doesn't take the method.
///
/// Clients escape what they put in a path. A label with bare slashes is taken too where it can't be mistaken: an ARN or a callback id
/// typed by hand.
pub(super) fn find<'m>(model: &'m Model, method: &Method, path: &str) -> Option<Route<'m>> {
    let routes = model.operations.iter().filter_map(|(name, operation)| {
        let (prefix, rest) = operation.http.request_uri.split_once('{')?;
        let (label, suffix) = rest.split_once('}')?;
        let raw = path.strip_prefix(prefix)?.strip_suffix(suffix)?;
        if operation.http.method != *method || raw.is_empty() {
            return None;
        }
        let value = decode(raw).into_owned();
        let route = Route {
            name,
            operation,
            label,
            value,
        };
        let whole = !raw.contains('/') || is_label(model, &route);
        whole.then_some((suffix.len(), route))
    });
    // `…/{arn}/history` has the path of `…/{arn}` too; the longer one is meant.
    routes
        .max_by_key(|(suffix, _)| *suffix)
        .map(|(_, route)| route)
}

/// Whether the value is one that the label's pattern allows.
fn is_label(model: &Model, route: &Route<'_>) -> bool {
    let shape = model
        .input(route.operation)
        .and_then(|input| input.members.get(route.label))
        .and_then(|member| model.shape(&member.shape));
    let pattern = shape.and_then(|shape| shape.pattern.as_ref());
    pattern.is_some_and(|pattern| pattern.matches(&route.value))
}

/// Undoes percent-encoding. What isn't UTF-8 becomes a replacement character, which no pattern allows.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::model::MODEL;

    const ARN: &str =
        "arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST/durable-execution/n/i";
    const ESCAPED: &str = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af%3A%24LATEST%2Fdurable-execution%2Fn%2Fi";

    fn found(method: &str, path: &str) -> Option<(String, String)> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let route = find(&MODEL, &method, path)?;
        Some((route.name.to_owned(), route.value))
    }

    #[test]
    fn every_operation_is_found_by_its_path() {
        for (name, operation) in &MODEL.operations {
            let path = &operation.http.request_uri;
            let (prefix, rest) = path.split_once('{').unwrap();
            let (label, suffix) = rest.split_once('}').unwrap();
            let (text, value) = match label {
                "DurableExecutionArn" => (ESCAPED, ARN),
                "CallbackId" => ("YS9i%2BmM%3D", "YS9i+mM="),
                _ => ("f%3A%24LATEST", "f:$LATEST"),
            };
            let path = format!("{prefix}{text}{suffix}");
            let expected = Some((name.clone(), value.to_owned()));
            assert_eq!(
                found(operation.http.method.as_str(), &path),
                expected,
                "{path}"
            );
            assert_eq!(found("PATCH", &path), None, "{path}");
        }
    }

    #[test]
    fn labels_with_bare_slashes_are_read() {
        let expected = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        let path = |rest: &str| format!("/2025-12-01/durable-executions/{ARN}{rest}");
        assert_eq!(
            found("GET", &path("")),
            expected("GetDurableExecution", ARN)
        );
        assert_eq!(
            found("GET", &path("/state")),
            expected("GetDurableExecutionState", ARN)
        );
        assert_eq!(
            found(
                "POST",
                "/2025-12-01/durable-execution-callbacks/a/b+c==/fail"
            ),
            expected("SendDurableExecutionCallbackFailure", "a/b+c==")
        );
    }

    #[test]
    fn all_else_is_no_operation() {
        for (method, path) in [
            ("GET", "/"),
            ("GET", ""),
            ("GET", "/2025-12-01/durable-executions"),
            ("GET", "/2025-12-01/durable-executions/"),
            ("GET", "/2025-12-01/durable-executions/x/y"),
            (
                "GET",
                &format!("/2025-12-01/durable-executions/{ESCAPED}/nonsense"),
            ),
            ("POST", "/2025-12-01/durable-executions//checkpoint"),
            (
                "POST",
                &format!("/2015-12-01/durable-executions/{ESCAPED}/checkpoint"),
            ),
            ("GET", "/2015-03-31/functions/f/invocations"),
            ("POST", "/2015-03-31/functions/f/invocations/more"),
        ] {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn what_is_not_utf8_matches_no_pattern() {
        let (_, value) = found("GET", "/2025-12-01/durable-executions/%ff%fe").unwrap();
        assert_eq!(value, "\u{fffd}\u{fffd}");
    }
}
