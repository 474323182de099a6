//! Compares a history, as the wire shows it, with an expected one. Stricter than AWS's own runner: nothing may be there that isn't expected.

use std::collections::HashMap;

use serde_json::Value;

use super::notation::{Line, parse};

/// The events between the first, ExecutionStarted, and the end of the execution.
pub(super) fn check(events: &[Value], expected: &str) -> Result<(), String> {
    let lines = parse(expected);
    let mut matcher = Matcher::default();
    for (place, event) in events.iter().enumerate() {
        everywhere(event, place).map_err(|why| format!("event {}: {why}", place + 1))?;
    }
    let found: Vec<&Value> = events
        .iter()
        .filter(|event| !text(event, "EventType").starts_with("Execution"))
        .collect();
    for (line, event) in lines.iter().zip(&found) {
        matcher.event(line, event).map_err(|why| {
            format!(
                "event {} should be `{}`: {why}",
                event["EventId"], line.text
            )
        })?;
    }
    if lines.len() != found.len() {
        return Err(format!(
            "{} events between the first and the last instead of {}",
            found.len(),
            lines.len()
        ));
    }
    Ok(())
}

fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_default()
}

fn details(event: &Value) -> &Value {
    &event[format!("{}Details", text(event, "EventType"))]
}

fn same(what: &str, found: &Value, expected: &Value) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} is {found} instead of {expected}"))
}

/// The rules for every event: ids without gaps, a timestamp, details under the name of the event's type, nothing truncated.
fn everywhere(event: &Value, place: usize) -> Result<(), String> {
    same("EventId", &event["EventId"], &(place + 1).into())?;
    if !event["EventTimestamp"].is_number() {
        return Err("it has no EventTimestamp".to_owned());
    }
    let details = details(event)
        .as_object()
        .ok_or("it has no details of its type")?;
    for key in ["Input", "Result", "Error"] {
        if let Some(payload) = details.get(key) {
            same(key, &payload["Truncated"], &false.into())?;
        }
    }
    Ok(())
}

/// What earlier events fix for later ones.
#[derive(Default)]
struct Matcher<'a> {
    /// The id that a letter stands for, and the operation's name.
    operations: HashMap<&'a str, (Value, Value)>,
    requests: Vec<Value>,
    /// When the next attempt of a step is due, or a wait is over, in milliseconds.
    due: HashMap<&'a str, u64>,
    /// When a callback times out unless somebody answers.
    deadlines: HashMap<&'a str, u64>,
}

impl<'a> Matcher<'a> {
    fn event(&mut self, line: &Line<'a>, event: &Value) -> Result<(), String> {
        same(
            "EventType",
            &event["EventType"],
            &line.event_type.as_str().into(),
        )?;
        same("SubType", &event["SubType"], &line.sub_type.into())?;
        match line.id {
            Some(id) => self.operation(line, id, event)?,
            None => self.invocation(line, event)?,
        }
        let details = details(event);
        if let Some(payload) = line
            .payload
            .filter(|_| !line.event_type.ends_with("Started"))
        {
            same(
                "the payload",
                &details["Result"]["Payload"],
                &payload.into(),
            )?;
        }
        if line.event_type.ends_with("Succeeded")
            && details.get("Result").is_none()
            && !matches!(line.sub_type, Some("Wait" | "Callback"))
        {
            return Err("it has no Result".to_owned());
        }
        match line.error {
            None => same("Error", &details["Error"], &Value::Null)?,
            Some(suffix) => {
                let error = &details["Error"]["Payload"];
                if !error["ErrorMessage"].is_string() || !text(error, "ErrorType").ends_with(suffix)
                {
                    return Err(format!("its error is {error}"));
                }
                if error["ErrorType"].is_null() {
                    return Err("its error has no type".to_owned());
                }
            }
        }
        Ok(())
    }

    fn operation(&mut self, line: &Line<'a>, id: &'a str, event: &Value) -> Result<(), String> {
        let parent = match line.parent {
            Some(parent) => match self.operations.get(parent) {
                Some((parent, _)) => parent.clone(),
                None => panic!("`{}`: no context {parent} was started", line.text),
            },
            None => Value::Null,
        };
        same("ParentId", &event["ParentId"], &parent)?;
        let (found, name) = (event["Id"].clone(), event["Name"].clone());
        if !found.is_string() {
            return Err("it has no Id".to_owned());
        }
        if let Some(expected) = line.name {
            same("Name", &name, &expected.into())?;
        }
        match self.operations.get(id) {
            Some((known, known_name)) => {
                same("Id", &found, known)?;
                same("Name", &name, known_name)?;
            }
            None => {
                if self.operations.values().any(|(known, _)| *known == found) {
                    return Err(format!("{found} is the id of another operation"));
                }
                self.operations.insert(id, (found, name));
            }
        }
        self.times(line, id, event)
    }

    /// Attempts and delays, and that what was scheduled happened exactly then: in virtual time nothing is late.
    fn times(&mut self, line: &Line<'a>, id: &'a str, event: &Value) -> Result<(), String> {
        let details = details(event);
        let now = milliseconds(&event["EventTimestamp"]);
        if let Some(due) = self.due.remove(id) {
            same("EventTimestamp", &now.into(), &due.into())?;
        }
        match line.event_type.as_str() {
            "StepSucceeded" | "StepFailed" => {
                let retry = &details["RetryDetails"];
                let attempt = line.attempt.unwrap_or(1);
                same("CurrentAttempt", &retry["CurrentAttempt"], &attempt.into())?;
                let delay = &retry["NextAttemptDelaySeconds"];
                match (line.delay, delay.as_u64()) {
                    (Some((least, most)), Some(delay)) if (least..=most).contains(&delay) => {
                        self.due.insert(id, now + delay * 1000);
                    }
                    (None, None) => {}
                    _ => return Err(format!("the delay is {delay}")),
                }
            }
            "WaitStarted" => {
                let end = milliseconds(&details["ScheduledEndTimestamp"]);
                let seconds = details["Duration"].as_u64().ok_or("it has no Duration")?;
                same(
                    "ScheduledEndTimestamp",
                    &end.into(),
                    &(now + seconds * 1000).into(),
                )?;
                self.due.insert(id, end);
            }
            "CallbackStarted" => {
                let seconds = |key: &str| details[key].as_u64();
                let (timeout, heartbeat) = (seconds("Timeout"), seconds("HeartbeatTimeout"));
                if (timeout, heartbeat) != (line.timeout, line.heartbeat) {
                    return Err(format!("its timeouts are {timeout:?} and {heartbeat:?}"));
                }
                if !details["CallbackId"].is_string() {
                    return Err("it has no CallbackId".to_owned());
                }
                if let Some(seconds) = timeout.or(heartbeat) {
                    self.deadlines.insert(id, now + seconds * 1000);
                }
            }
            "CallbackTimedOut" => {
                let deadline = self.deadlines.remove(id).unwrap_or_default();
                same("EventTimestamp", &now.into(), &deadline.into())?;
            }
            "ChainedInvokeStarted" => {
                for key in ["FunctionName", "ExecutedVersion", "DurableExecutionArn"] {
                    if !details[key].is_string() {
                        return Err(format!("it has no {key}"));
                    }
                }
                let input = &details["Input"]["Payload"];
                same("Input", input, &line.payload.unwrap_or("null").into())?;
                let tenant = line.tenant.map_or(Value::Null, Value::from);
                same("TenantId", &details["TenantId"], &tenant)?;
            }
            _ => {}
        }
        if let Some(duration) = line.duration {
            same("Duration", &details["Duration"], &duration.into())?;
        }
        Ok(())
    }

    fn invocation(&mut self, _: &Line<'a>, event: &Value) -> Result<(), String> {
        for key in ["Id", "ParentId", "Name"] {
            same(key, &event[key], &Value::Null)?;
        }
        let details = details(event);
        for key in ["StartTimestamp", "EndTimestamp"] {
            if !details[key].is_number() {
                return Err(format!("it has no {key}"));
            }
        }
        let request = &details["RequestId"];
        if !request.is_string() || self.requests.contains(request) {
            return Err(format!("its RequestId {request} is no new one"));
        }
        self.requests.push(request.clone());
        Ok(())
    }
}

fn milliseconds(seconds: &Value) -> u64 {
    (seconds.as_f64().unwrap_or_default() * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EXPECTED: &str = "
        Child>c name=outer
        Step>s@c
        Step-s@c delay=1 error=Busy
        INV
        Step>s@c
        Step+s@c attempt=2 payload=\"done\"
        Child+c
        INV
    ";

    fn history() -> Vec<Value> {
        let result = json!({"Payload": "\"done\"", "Truncated": false});
        let error =
            json!({"Payload": {"ErrorType": "Busy", "ErrorMessage": "busy"}, "Truncated": false});
        let inv = |n: u64| {
            json!({"EventType": "InvocationCompleted", "InvocationCompletedDetails":
            {"StartTimestamp": 0, "EndTimestamp": 1, "RequestId": n.to_string()}})
        };
        let context = |event_type: &str, details: Value| {
            json!({"EventType": event_type, "Id": "1", "Name": "outer",
            "SubType": "RunInChildContext", format!("{event_type}Details"): details})
        };
        let step = |event_type: &str, details: Value| {
            json!({"EventType": event_type, "Id": "2", "ParentId": "1",
            "SubType": "Step", format!("{event_type}Details"): details})
        };
        let mut events = vec![
            json!({"EventType": "ExecutionStarted", "ExecutionStartedDetails": {}}),
            context("ContextStarted", json!({})),
            step("StepStarted", json!({})),
            step(
                "StepFailed",
                json!({"Error": error, "RetryDetails": {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 1}}),
            ),
            inv(1),
            step("StepStarted", json!({})),
            step(
                "StepSucceeded",
                json!({"Result": result, "RetryDetails": {"CurrentAttempt": 2}}),
            ),
            context("ContextSucceeded", json!({"Result": result})),
            inv(2),
        ];
        for (place, event) in events.iter_mut().enumerate() {
            event["EventId"] = (place + 1).into();
            event["EventTimestamp"] = (if place < 5 { 100.0 } else { 101.0 }).into();
        }
        events
    }

    #[test]
    fn the_expected_history_matches() {
        assert_eq!(check(&history(), EXPECTED), Ok(()));
    }

    type Change<'a> = &'a dyn Fn(&mut Vec<Value>);

    #[test]
    fn anything_else_does_not() {
        let changes: [(&str, Change); 12] = [
            ("EventId is", &|events| events[3]["EventId"] = 7.into()),
            ("EventTimestamp", &|events| {
                events[3]["EventTimestamp"] = Value::Null
            }),
            ("no details", &|events| {
                events[2]["EventType"] = "StepSucceeded".into()
            }),
            ("SubType", &|events| events[2]["SubType"] = "Wait".into()),
            ("ParentId", &|events| events[2]["ParentId"] = Value::Null),
            ("Id is", &|events| events[5]["Id"] = "3".into()),
            ("Name is", &|events| events[1]["Name"] = "inner".into()),
            ("the delay", &|events| {
                events[3]["StepFailedDetails"]["RetryDetails"]["NextAttemptDelaySeconds"] = 2.into()
            }),
            ("EventTimestamp is", &|events| {
                events[5]["EventTimestamp"] = 102.into()
            }),
            ("CurrentAttempt", &|events| {
                events[6]["StepSucceededDetails"]["RetryDetails"]["CurrentAttempt"] = 1.into()
            }),
            ("Result", &|events| {
                events[6]["StepSucceededDetails"]["Result"]["Truncated"] = true.into()
            }),
            ("7 events", &|events| {
                events.pop();
            }),
        ];
        for (says, change) in changes {
            let mut events = history();
            change(&mut events);
            let why = check(&events, EXPECTED).unwrap_err();
            assert!(why.contains(says), "{says:?} is missing in: {why}");
        }
    }
}
