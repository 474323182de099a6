//! [`ListFilter`] on records in memory, as the query in SQLite does it.

use super::{ExecutionSummary, ListFilter, in_arn};
use crate::core::ExecutionRecord;

/// Whether the filter lets an execution through.
pub(super) fn passes(filter: &ListFilter, position: u64, record: &ExecutionRecord) -> bool {
    let ListFilter {
        workflow,
        name,
        version,
        statuses,
        started_after,
        started_before,
        oldest_first,
        beyond,
        limit: _,
    } = filter;
    let is = |asked: &Option<String>, recorded: &str| {
        asked.as_deref().is_none_or(|asked| asked == recorded)
    };
    let in_version = |version: &String| record.arn.contains(&in_arn(version));
    is(workflow, &record.workflow)
        && is(name, &record.name)
        && version.as_ref().is_none_or(in_version)
        && (statuses.is_empty() || statuses.contains(&record.status))
        && started_after.is_none_or(|after| record.started > after)
        && started_before.is_none_or(|before| record.started < before)
        && beyond.is_none_or(|beyond| {
            if *oldest_first {
                position > beyond
            } else {
                position < beyond
            }
        })
}

pub(super) fn summary(position: u64, record: &ExecutionRecord) -> ExecutionSummary {
    ExecutionSummary {
        position,
        arn: record.arn.clone(),
        workflow: record.workflow.clone(),
        name: record.name.clone(),
        status: record.status,
        started: record.started,
        ended: record.ended,
    }
}
