//! `cargo durable history`

use std::io::Write;

use durable_engine::Event;
use durable_engine::core::{EventDetails, EventError, EventResult, RetryDetails};
use serde::Serialize;

use crate::cli::{Format, History};
use crate::failure::Failure;
use crate::find;
use crate::text::{BAD, FAINT, GOOD, STRONG, excerpt, millis, print_json, seconds, shown};

/// How much of a payload is shown; JSON has all of it.
const EXCERPT: usize = 80;

pub(crate) fn run(history: &History, out: &mut impl Write) -> Result<(), Failure> {
    let (reader, loaded) = find::execution(&history.source, &history.which)?;
    let events = reader.history(&loaded.record.arn)?;
    match history.source.format {
        Format::Json => {
            print_json(&Page { events: &events }, out)?;
        }
        Format::Text => {
            let width = events
                .last()
                .map_or(1, |event| event.event_id.to_string().len());
            for event in &events {
                line(event, width, out)?;
            }
        }
    }
    Ok(())
}

/// The answer to GetDurableExecutionHistory.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    events: &'a [Event],
}

fn line(event: &Event, width: usize, out: &mut impl Write) -> std::io::Result<()> {
    let kind = event.event_type();
    let style = if kind.ends_with("Failed") || kind.ends_with("TimedOut") {
        BAD
    } else if kind.ends_with("Succeeded") {
        GOOD
    } else {
        STRONG
    };
    write!(
        out,
        "{:>width$}  {FAINT}{}{FAINT:#}  {style}{kind}{style:#}",
        event.event_id,
        millis(event.event_timestamp)
    )?;
    let nameless = event.id.as_deref().and_then(|id| id.get(..8));
    if let Some(name) = event.name.as_deref().or(nameless) {
        write!(out, " {}", shown(name))?;
    }
    let about = about(&event.details);
    if !about.is_empty() {
        write!(out, "  {}", about.join(", "))?;
    }
    writeln!(out)
}

/// What the details say that is worth a place on the line.
fn about(details: &EventDetails) -> Vec<String> {
    match details {
        EventDetails::ExecutionStarted { input, .. } => payload(input),
        EventDetails::ExecutionSucceeded { result }
        | EventDetails::ContextSucceeded { result }
        | EventDetails::CallbackSucceeded { result }
        | EventDetails::ChainedInvokeSucceeded { result } => payload(result),
        EventDetails::ExecutionFailed { error }
        | EventDetails::ExecutionStopped { error }
        | EventDetails::ContextFailed { error }
        | EventDetails::CallbackFailed { error }
        | EventDetails::CallbackTimedOut { error }
        | EventDetails::ChainedInvokeFailed { error }
        | EventDetails::ChainedInvokeTimedOut { error }
        | EventDetails::ChainedInvokeStopped { error } => failure(error),
        EventDetails::ExecutionTimedOut { error }
        | EventDetails::WaitCancelled { error }
        | EventDetails::InvocationCompleted { error, .. } => {
            error.iter().flat_map(failure).collect()
        }
        EventDetails::StepSucceeded {
            result,
            retry_details,
        } => with(retry(retry_details), payload(result)),
        EventDetails::StepFailed {
            error,
            retry_details,
        } => with(retry(retry_details), failure(error)),
        EventDetails::WaitStarted {
            duration,
            scheduled_end_timestamp,
        } => vec![format!(
            "{duration} s, until {}",
            seconds(*scheduled_end_timestamp)
        )],
        EventDetails::ChainedInvokeStarted { function_name, .. } => {
            vec![shown(function_name).into_owned()]
        }
        EventDetails::CallbackStarted { callback_id, .. } => vec![shown(callback_id).into_owned()],
        _ => Vec::new(),
    }
}

fn with(mut first: Vec<String>, then: Vec<String>) -> Vec<String> {
    first.extend(then);
    first
}

fn payload(payload: &EventResult) -> Vec<String> {
    payload
        .payload
        .iter()
        .map(|text| excerpt(text, EXCERPT))
        .collect()
}

fn failure(error: &EventError) -> Vec<String> {
    let text = error.payload.iter().map(ToString::to_string);
    text.map(|text| excerpt(&text, EXCERPT)).collect()
}

fn retry(retry: &RetryDetails) -> Vec<String> {
    let mut about = Vec::new();
    if retry.current_attempt > 1 || retry.next_attempt_delay_seconds.is_some() {
        about.push(format!("attempt {}", retry.current_attempt));
    }
    if let Some(delay) = retry.next_attempt_delay_seconds {
        about.push(format!("next in {delay} s"));
    }
    about
}
