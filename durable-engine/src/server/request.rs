//! A request's parameters, collected from where the model says they are.

use axum::body::Bytes;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::check;
use super::failure::Failure;
use super::model::{Kind, Location, Member, Model, Shape};
use super::route::{self, Route};

/// A request that keeps the model's rules.
#[derive(Debug)]
pub(super) struct Request {
    members: Map<String, Value>,
    /// The body, where it is bytes and not JSON.
    pub(super) payload: Bytes,
}

impl Request {
    /// Collects the parameters and checks them.
    ///
    /// # Errors
    /// When the body is not JSON where it must be, or a member breaks a rule of the model.
    pub(super) fn read(
        model: &Model,
        route: &Route<'_>,
        parts: &Parts,
        body: Bytes,
    ) -> Result<Self, Failure> {
        let Some(input) = model.input(route.operation) else {
            return Ok(Self {
                members: Map::new(),
                payload: body,
            });
        };
        let (mut members, payload) = in_body(model, input, body)?;
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        for (name, member) in &input.members {
            let kind = model.shape(&member.shape).map(|shape| shape.kind);
            let value = match member.location {
                None => continue,
                Some(Location::Uri) => Some(Value::String(route.value.clone())),
                Some(Location::Querystring) => query.get(member.wire_name(name), kind),
                Some(Location::Header) => header(parts, member.wire_name(name)),
            };
            if let Some(value) = value {
                members.insert(name.clone(), value);
            }
        }
        check::check(model, input, &members).map_err(Failure::invalid)?;
        Ok(Self { members, payload })
    }

    /// The parameters, typed.
    ///
    /// # Errors
    /// When the type wants something that the model doesn't.
    pub(super) fn parameters<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let members = Value::Object(std::mem::take(&mut self.members));
        serde_json::from_value(members).map_err(|error| Failure::invalid(error.to_string()))
    }
}

/// The members in the body, and the body itself where it is one member's bytes.
fn in_body(
    model: &Model,
    input: &Shape,
    body: Bytes,
) -> Result<(Map<String, Value>, Bytes), Failure> {
    if let Some((name, member)) = input
        .payload
        .as_ref()
        .and_then(|name| input.members.get_key_value(name))
    {
        return if is_blob(model, member) {
            Ok((Map::new(), body))
        } else {
            let value = parse(&body)?;
            let members = value.map(|value| (name.clone(), value));
            Ok((members.into_iter().collect(), Bytes::new()))
        };
    }
    let is_in_body = |name: &str| {
        let member = input.members.get(name);
        member.is_some_and(|member| member.location.is_none())
    };
    if !input.members.keys().any(|name| is_in_body(name)) {
        return Ok((Map::new(), Bytes::new()));
    }
    let mut members = match parse(&body)? {
        None => Map::new(),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(Failure::content("the body must be a JSON object")),
    };
    // What isn't known is ignored, and what belongs elsewhere doesn't count here.
    members.retain(|name, _| is_in_body(name));
    Ok((members, Bytes::new()))
}

fn is_blob(model: &Model, member: &Member) -> bool {
    model
        .shape(&member.shape)
        .is_some_and(|shape| shape.kind == Kind::Blob)
}

/// The body as JSON; none when there is none.
fn parse(body: &[u8]) -> Result<Option<Value>, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let parsed = serde_json::from_slice(body);
    parsed
        .map(|value: Value| (!value.is_null()).then_some(value))
        .map_err(|error| {
            Failure::content(format!("Could not parse request body into json: {error}"))
        })
}

fn header(parts: &Parts, name: &str) -> Option<Value> {
    let value = parts.headers.get(name)?;
    Some(Value::String(
        String::from_utf8_lossy(value.as_bytes()).into_owned(),
    ))
}

/// The parameters behind the question mark, decoded, in order.
struct Query(Vec<(String, String)>);

impl Query {
    /// `+` stands for itself: tokens and dates have it, and no parameter has a space that must be told from it.
    fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                route::decode(name).into_owned(),
                route::decode(value).into_owned(),
            )
        });
        Self(pairs.collect())
    }

    /// A parameter as a value of this kind, or as the text it is when it can't be one: the check says so. Of a list all count; of anything else there is one, for two
    /// could change places on the way without a change of the signature, and the check refuses what is a list and should not be.
    fn get(&self, name: &str, kind: Option<Kind>) -> Option<Value> {
        let values = self
            .0
            .iter()
            .filter(|(of, _)| of == name)
            .map(|(_, value)| value);
        let values: Vec<&String> = values.collect();
        let text = match values.as_slice() {
            [] => return None,
            [text] if kind != Some(Kind::List) => *text,
            all => {
                let items = all.iter().map(|text| Value::String((*text).clone()));
                return Some(Value::Array(items.collect()));
            }
        };
        Some(typed(text, kind).unwrap_or_else(|| Value::String(text.clone())))
    }
}

fn typed(text: &str, kind: Option<Kind>) -> Option<Value> {
    match kind? {
        Kind::Integer => text.parse::<i64>().ok().map(Value::from),
        Kind::Boolean => text.parse::<bool>().ok().map(Value::from),
        Kind::Timestamp => date(text),
        _ => None,
    }
}

/// A date, or seconds since 1970, as the wire has moments.
fn date(text: &str) -> Option<Value> {
    let seconds = match text.parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => text.parse::<jiff::Timestamp>().ok()?.as_millisecond() as f64 / 1000.0,
    };
    // From there on numbers are milliseconds.
    (seconds.abs() < 1e11).then(|| Value::from(seconds))
}

#[cfg(test)]
mod tests {
    use http::{Method, Request as HttpRequest};
    use serde_json::json;

    use super::*;
    use crate::server::model::MODEL;

    const ARN: &str = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af%3A%24LATEST%2Fdurable-execution%2Fn%2Fi";

    /// The parameters of a request, or what it is told.
    fn read(
        method: Method,
        uri: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Value, String> {
        let mut request = HttpRequest::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let route = route::find(&MODEL, &parts.method, parts.uri.path()).unwrap();
        let read = Request::read(&MODEL, &route, &parts, Bytes::from(body.to_owned()));
        read.map(|request| Value::Object(request.members))
            .map_err(|failure| failure.to_string())
    }

    fn checkpoint(body: Value) -> Result<Value, String> {
        let uri = format!("/2025-12-01/durable-executions/{ARN}/checkpoint");
        read(Method::POST, &uri, &[], &body.to_string())
    }

    fn refused(update: Value) -> String {
        checkpoint(json!({ "CheckpointToken": "dG9r", "Updates": [update] })).unwrap_err()
    }

    #[test]
    fn a_query_is_read_by_the_models_types() {
        let uri = "/2025-12-01/functions/f/durable-executions?Statuses=RUNNING&Statuses=FAILED&MaxItems=7&ReverseOrder=true\
            &StartedAfter=2026-01-01T00%3A00%3A00.5Z&StartedBefore=1767225601&DurableExecutionName=a-1&Unknown=x";
        assert_eq!(
            read(Method::GET, uri, &[], "").unwrap(),
            json!({
                "FunctionName": "f", "Statuses": ["RUNNING", "FAILED"], "MaxItems": 7, "ReverseOrder": true,
                "StartedAfter": 1_767_225_600.5, "StartedBefore": 1_767_225_601.0, "DurableExecutionName": "a-1",
            })
        );
    }

    /// Signed in any order, they could change places on the way.
    #[test]
    fn a_parameter_that_is_no_list_comes_once() {
        let uri = "/2025-12-01/functions/f/durable-executions?MaxItems=7&MaxItems=8";
        let refused = read(Method::GET, uri, &[], "").unwrap_err();
        assert!(refused.contains("MaxItems"), "{refused}");
    }

    #[test]
    fn a_token_in_a_query_keeps_its_plus() {
        let uri = format!("/2025-12-01/durable-executions/{ARN}/state?CheckpointToken=a+b%2Bc%3D");
        let read = read(Method::GET, &uri, &[], "").unwrap();
        assert_eq!(read["CheckpointToken"], "a+b+c=");
    }

    #[test]
    fn headers_are_read_in_any_case() {
        let headers = [
            ("X-AMZ-TENANT-ID", "t 1"),
            ("x-amz-durable-execution-name", "n"),
        ];
        let read = read(
            Method::POST,
            "/2015-03-31/functions/f/invocations",
            &headers,
            "not JSON",
        );
        let expected =
            json!({ "FunctionName": "f", "TenantId": "t 1", "DurableExecutionName": "n" });
        assert_eq!(read.unwrap(), expected);
    }

    #[test]
    fn a_body_counts_only_for_what_belongs_in_it() {
        let body = json!({
            "CheckpointToken": "dG9r", "DurableExecutionArn": "mine", "Unknown": [1], "ClientToken": null,
            "Updates": [{"Id": "a", "Type": "STEP", "Action": "START", "Later": {"a": 1}, "Name": null}],
        });
        let read = checkpoint(body).unwrap();
        assert!(
            read["DurableExecutionArn"]
                .as_str()
                .unwrap()
                .starts_with("arn:")
        );
        assert_eq!(read.get("Unknown"), None);
    }

    #[test]
    fn an_error_is_the_whole_body() {
        let uri = "/2025-12-01/durable-execution-callbacks/YQ%3D%3D/fail";
        let body = r#"{"ErrorType":"Declined","StackTrace":["a"]}"#;
        let error = json!({"ErrorType": "Declined", "StackTrace": ["a"]});
        let expected = json!({"CallbackId": "YQ==", "Error": error});
        assert_eq!(read(Method::POST, uri, &[], body).unwrap(), expected);
        for nothing in ["", " ", "null"] {
            let expected = json!({"CallbackId": "YQ=="});
            assert_eq!(read(Method::POST, uri, &[], nothing).unwrap(), expected);
        }
        let wrong = read(Method::POST, uri, &[], r#"{"StackTrace":"a"}"#).unwrap_err();
        assert!(
            wrong.contains("Value at 'Error.StackTrace'") || wrong.contains("'Error.StackTrace'"),
            "{wrong}"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_rule() {
        let update = |extra: Value| {
            let mut update = json!({"Id": "a", "Type": "WAIT", "Action": "START"});
            update
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            refused(update)
        };
        let one = "InvalidParameterValueException: 1 validation error detected: ";
        for (extra, message) in [
            (
                json!({"WaitOptions": {"WaitSeconds": 0}}),
                "Value 0 at 'Updates[0].WaitOptions.WaitSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1",
            ),
            (
                json!({"WaitOptions": {"WaitSeconds": 31_622_401}}),
                "Value 31622401 at 'Updates[0].WaitOptions.WaitSeconds' failed to satisfy constraint: Member must have value less than or equal to 31622400",
            ),
            (
                json!({"WaitOptions": {"WaitSeconds": -1}}),
                "Value -1 at 'Updates[0].WaitOptions.WaitSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1",
            ),
            (
                json!({"WaitOptions": {"WaitSeconds": "ten"}}),
                "Value 'ten' at 'Updates[0].WaitOptions.WaitSeconds' failed to satisfy constraint: Member must be an integer",
            ),
            (
                json!({"WaitOptions": {"WaitSeconds": 1.5}}),
                "Value 1.5 at 'Updates[0].WaitOptions.WaitSeconds' failed to satisfy constraint: Member must be an integer",
            ),
            (
                json!({"WaitOptions": [1]}),
                "Value of type array at 'Updates[0].WaitOptions' failed to satisfy constraint: Member must be an object",
            ),
            (
                json!({"Id": null}),
                "Value null at 'Updates[0].Id' failed to satisfy constraint: Member must not be null",
            ),
            (
                json!({"Id": ""}),
                "", // two rules: length and pattern
            ),
            (
                json!({"Action": "JUMP"}),
                "Value 'JUMP' at 'Updates[0].Action' failed to satisfy constraint: Member must satisfy enum value set: [START, SUCCEED, FAIL, RETRY, CANCEL]",
            ),
            (
                json!({"Name": "Straße"}),
                r"Value 'Straße' at 'Updates[0].Name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\x20-\x7E]+",
            ),
            (
                json!({"Payload": 7}),
                "Value at 'Updates[0].Payload' failed to satisfy constraint: Member must be a string",
            ),
        ] {
            let told = update(extra);
            if message.is_empty() {
                assert!(told.contains("2 validation errors detected: "), "{told}");
            } else {
                assert_eq!(told, format!("{one}{message}"));
            }
        }
    }

    #[test]
    fn many_mistakes_make_one_message() {
        let updates: Vec<Value> = (0..40)
            .map(|_| json!({"Id": "a", "Type": "STEP"}))
            .collect();
        let told = checkpoint(json!({"CheckpointToken": "dG9r", "Updates": updates})).unwrap_err();
        assert!(told.contains("40 validation errors detected: "), "{told}");
        assert!(
            told.contains("Updates[4].Action") && !told.contains("Updates[5]"),
            "{told}"
        );
        assert!(told.ends_with("; …"), "{told}");
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        let uri = format!("/2025-12-01/durable-executions/{ARN}/checkpoint");
        for body in [
            "[]",
            "7",
            "\"x\"",
            "{",
            "{\"CheckpointToken\":\"\\ud800\"}",
            "\u{0}",
        ] {
            let told = read(Method::POST, &uri, &[], body).unwrap_err();
            assert!(told.contains("body"), "{body}: {told}");
        }
        for nothing in ["", "null", "{}"] {
            let told = read(Method::POST, &uri, &[], nothing).unwrap_err();
            assert!(told.contains("'CheckpointToken'"), "{told}");
        }
    }
}
