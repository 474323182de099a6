//! `cargo durable list`

use std::io::Write;

use durable_engine::ExecutionSummary;
use durable_engine::store::{ListFilter, SqliteReader};
use durable_runtime::wire::Timestamp;
use serde::Serialize;

use crate::cli::{Format, List};
use crate::failure::Failure;
use crate::text::{FAINT, STRONG, of_execution, print_json, seconds, shown};

pub(crate) fn run(list: &List, out: &mut impl Write) -> Result<(), Failure> {
    let reader = SqliteReader::open(&list.source.db)?;
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut found = reader.list(&ListFilter {
        workflow: list.workflow.clone(),
        statuses: list.status.map(Into::into).into_iter().collect(),
        // One more tells whether there are more.
        limit: limit.saturating_add(1),
        ..ListFilter::default()
    })?;
    let more = found.len() > limit;
    found.truncate(limit);
    match list.source.format {
        Format::Json => json(&found, out),
        Format::Text => text(list, &found, more, out),
    }
}

/// The answer to ListDurableExecutionsByFunction.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    durable_executions: Vec<Execution<'a>>,
}

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
}

/// The function's part of an execution's ARN.
pub(crate) fn function_arn(arn: &str) -> &str {
    arn.split_once("/durable-execution/")
        .map_or(arn, |(function, _)| function)
}

fn json(found: &[ExecutionSummary], out: &mut impl Write) -> Result<(), Failure> {
    let durable_executions = found
        .iter()
        .map(|execution| Execution {
            durable_execution_arn: &execution.arn,
            durable_execution_name: &execution.name,
            function_arn: function_arn(&execution.arn),
            status: execution.status.as_str(),
            start_timestamp: execution.started,
            end_timestamp: execution.ended,
        })
        .collect();
    print_json(&Page { durable_executions }, out)
}

fn text(
    list: &List,
    found: &[ExecutionSummary],
    more: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    if found.is_empty() {
        let filtered = list.workflow.is_some() || list.status.is_some();
        let which = if filtered {
            "no execution fits"
        } else {
            "no executions yet"
        };
        return Ok(writeln!(out, "{which}")?);
    }
    let width = |text: fn(&ExecutionSummary) -> &str, heading: &str| {
        let widest = found
            .iter()
            .map(|execution| shown(text(execution)).chars().count());
        widest.max().unwrap_or(0).max(heading.len())
    };
    let workflow = width(|execution| &execution.workflow, "WORKFLOW");
    let name = width(|execution| &execution.name, "ID");
    writeln!(
        out,
        "{STRONG}{:workflow$}  {:name$}  {:9}  {:20}  ENDED{STRONG:#}",
        "WORKFLOW", "ID", "STATUS", "STARTED"
    )?;
    for execution in found {
        let style = of_execution(execution.status);
        let ended = execution.ended.map_or_else(|| "-".to_owned(), seconds);
        writeln!(
            out,
            "{:workflow$}  {:name$}  {style}{:9}{style:#}  {:20}  {ended}",
            shown(&execution.workflow),
            shown(&execution.name),
            execution.status.as_str(),
            seconds(execution.started),
        )?;
    }
    if more {
        writeln!(
            out,
            "{FAINT}the {} newest; there are more: raise --limit{FAINT:#}",
            list.limit
        )?;
    }
    Ok(())
}
