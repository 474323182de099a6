//! `cargo durable show`

use std::io::Write;
use std::time::Duration;

use durable_engine::ExecutionRecord;
use durable_engine::store::Loaded;
use durable_runtime::wire::{ErrorObject, Operation, Timestamp};
use serde::Serialize;

use crate::cli::{Format, Show};
use crate::failure::Failure;
use crate::list::function_arn;
use crate::text::{
    BAD, FAINT, STRONG, away, excerpt, length, millis, of_execution, print_json, seconds, shown,
};
use crate::{find, tree};

/// How much of a payload is shown; JSON has all of it.
const EXCERPT: usize = 400;

pub(crate) fn run(show: &Show, out: &mut impl Write) -> Result<(), Failure> {
    let (_, loaded) = find::execution(&show.source, &show.which)?;
    match show.source.format {
        Format::Json => json(&loaded, out),
        Format::Text => text(&loaded, out),
    }
}

/// The answer to GetDurableExecution, and the operations that GetDurableExecutionState gives.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Execution<'a> {
    durable_execution_arn: &'a str,
    durable_execution_name: &'a str,
    function_arn: &'a str,
    status: &'static str,
    start_timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorObject>,
    execution_data_included: bool,
    operations: Vec<&'a Operation>,
}

fn json(loaded: &Loaded, out: &mut impl Write) -> Result<(), Failure> {
    let record = &loaded.record;
    let execution = Execution {
        durable_execution_arn: &record.arn,
        durable_execution_name: &record.name,
        function_arn: function_arn(&record.arn),
        status: record.status.as_str(),
        start_timestamp: record.started,
        end_timestamp: record.ended,
        input_payload: record.input.as_deref(),
        result: record.result.as_deref(),
        error: record.error.as_ref(),
        execution_data_included: true,
        operations: loaded
            .operations
            .iter()
            .map(|stored| &stored.operation)
            .collect(),
    };
    print_json(&execution, out)
}

fn text(loaded: &Loaded, out: &mut impl Write) -> Result<(), Failure> {
    let record = &loaded.record;
    let style = of_execution(record.status);
    writeln!(
        out,
        "{STRONG}{} {}{STRONG:#}  {style}{}{style:#}",
        shown(&record.workflow),
        shown(&record.name),
        record.status.as_str()
    )?;
    writeln!(out, "  {FAINT}arn{FAINT:#}      {}", shown(&record.arn))?;
    writeln!(
        out,
        "  {FAINT}started{FAINT:#}  {} ({})",
        millis(record.started),
        away(record.started)
    )?;
    if let Some(ended) = record.ended {
        let took = ended.saturating_duration_since(record.started);
        writeln!(
            out,
            "  {FAINT}ended{FAINT:#}    {} (after {})",
            millis(ended),
            length(took)
        )?;
    }
    if let Some(input) = &record.input {
        writeln!(
            out,
            "  {FAINT}input{FAINT:#}    {}",
            excerpt(input, EXCERPT)
        )?;
    }
    if let Some(result) = &record.result {
        writeln!(
            out,
            "  {FAINT}result{FAINT:#}   {}",
            excerpt(result, EXCERPT)
        )?;
    }
    if let Some(error) = &record.error {
        let message = excerpt(&error.to_string(), EXCERPT);
        writeln!(out, "  {FAINT}error{FAINT:#}    {BAD}{message}{BAD:#}")?;
        for cause in &error.stack_trace {
            writeln!(out, "           caused by: {}", excerpt(cause, EXCERPT))?;
        }
    }

    let waits = waits_for(loaded);
    if !waits.is_empty() {
        writeln!(out, "\n{STRONG}waits for{STRONG:#}")?;
        for wait in waits {
            writeln!(out, "  {wait}")?;
        }
    }
    if !loaded.operations.is_empty() {
        writeln!(out, "\n{STRONG}operations{STRONG:#}")?;
        tree::print(&loaded.operations, out)?;
    }
    Ok(())
}

/// Everything that can wake an execution that has not ended.
fn waits_for(loaded: &Loaded) -> Vec<String> {
    let record = &loaded.record;
    if record.status.is_terminal() {
        return Vec::new();
    }
    let mut waits: Vec<String> = loaded
        .operations
        .iter()
        .filter_map(tree::waits_for)
        .collect();
    if let Some(invocation) = &record.invocation {
        waits.push(format!(
            "an invocation that was started {}; if its engine is gone, the next one starts another",
            seconds(invocation.started)
        ));
    }
    if let Some(at) = record.invoke_at {
        let tries = match record.failures {
            0 => String::new(),
            failures => format!("; {failures} in a row gave no answer"),
        };
        waits.push(format!(
            "an engine to invoke it at {} ({}){tries}",
            seconds(at),
            away(at)
        ));
    }
    if let Some(timeout) = times_out(record) {
        waits.push(format!(
            "its own timeout at {} ({})",
            seconds(timeout),
            away(timeout)
        ));
    }
    waits
}

fn times_out(record: &ExecutionRecord) -> Option<Timestamp> {
    let timeout = Duration::from_secs(record.timeout_seconds?.into());
    Some(record.started.saturating_add(timeout))
}
