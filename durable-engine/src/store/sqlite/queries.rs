//! The reads, each within one read transaction.

use std::sync::Arc;

use durable_runtime::wire::Timestamp;
use rusqlite::{Connection, Params, params};

use super::{
    history,
    operation_row::OperationRow,
    reader::ReadError,
    rows::{count, find_execution, load_execution, read_status, row_of},
};
use crate::{
    core::{Event, ExecutionRecord, ExecutionStatus, StoredOperation},
    store::{EventRange, ExecutionSummary, ListFilter, Loaded, OpenExecution, in_arn},
};

pub(super) fn load(connection: &Connection, arn: &str) -> Result<Option<Loaded>, ReadError> {
    let Some((execution, raw)) = load_execution(connection, arn)? else {
        return Ok(None);
    };
    let record = raw.into_record()?;
    let operations = operations_of(connection, execution)?;
    Ok(Some(Loaded { record, operations }))
}

pub(super) fn find(
    connection: &Connection,
    workflow: &str,
    name: &str,
) -> Result<Option<ExecutionRecord>, ReadError> {
    let found = find_execution(connection, workflow, name)?;
    Ok(found.map(|(_, raw)| raw.into_record()).transpose()?)
}

pub(super) fn operations(
    connection: &Connection,
    arn: &str,
) -> Result<Vec<StoredOperation>, ReadError> {
    match row_of(connection, arn)? {
        Some(execution) => operations_of(connection, execution),
        None => Ok(Vec::new()),
    }
}

pub(super) fn record(
    connection: &Connection,
    arn: &str,
) -> Result<Option<ExecutionRecord>, ReadError> {
    let found = load_execution(connection, arn)?;
    Ok(found.map(|(_, raw)| raw.into_record()).transpose()?)
}

pub(super) fn events(
    connection: &Connection,
    arn: &str,
    range: EventRange,
) -> Result<Vec<Event>, ReadError> {
    let Some(execution) = row_of(connection, arn)? else {
        return Ok(Vec::new());
    };
    history::events(connection, execution, range)
}

/// What is open. By the index of those: for their order alone SQLite would go through all that have ever ended, half a minute of a database of four million.
/// The scalar `min` of several values is NULL when one of them is, hence the far end of time in their place.
const OPEN: &str = "SELECT arn, workflow, name, invocation IS NOT NULL,
           nullif(min(ifnull(invoke_at, ?1),
                      ifnull(started_at + timeout_seconds * 1000, ?1),
                      ifnull((SELECT min(due_at) FROM operations
                               WHERE execution = executions.id AND ended_at IS NULL), ?1)), ?1),
           EXISTS (SELECT 1 FROM operations
                    WHERE execution = executions.id AND ended_at IS NULL AND type = 'CHAINED_INVOKE')
      FROM executions INDEXED BY executions_open WHERE ended_at IS NULL ORDER BY id";

pub(super) fn open(connection: &Connection) -> Result<Vec<OpenExecution>, ReadError> {
    let mut statement = connection.prepare_cached(OPEN)?;
    let rows = statement.query_map([i64::MAX], |row| {
        Ok(OpenExecution {
            arn: row.get(0)?,
            workflow: row.get(1)?,
            name: row.get(2)?,
            invoked: row.get(3)?,
            invoking: row.get(5)?,
            next_due: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The same for most filters, so that it is prepared once for each order. What few executions can be is looked up, and not looked for among all.
fn listing(filter: &ListFilter) -> String {
    let is_open = |status: &ExecutionStatus| !status.is_terminal();
    let among = if filter.workflow.is_some() && filter.name.is_some() {
        "executions WHERE workflow = ?2 AND name = ?3 AND +id"
    } else if !filter.statuses.is_empty() && filter.statuses.iter().all(is_open) {
        "executions INDEXED BY executions_open WHERE ended_at IS NULL AND +id"
    } else {
        "executions WHERE id"
    };
    let (beyond, order) = if filter.oldest_first {
        (">", "ASC")
    } else {
        ("<", "DESC")
    };
    format!(
        "SELECT id, arn, workflow, name, status, started_at, ended_at FROM {among} {beyond} ?1
            AND (?2 IS NULL OR workflow = ?2) AND (?3 IS NULL OR name = ?3) AND (?4 IS NULL OR instr(arn, ?4))
            AND (?5 IS NULL OR instr(?5, ',' || status || ','))
            AND (?6 IS NULL OR started_at > ?6) AND (?7 IS NULL OR started_at < ?7)
          ORDER BY id {order} LIMIT ?8"
    )
}

pub(super) fn list(
    connection: &Connection,
    filter: &ListFilter,
) -> Result<Vec<ExecutionSummary>, ReadError> {
    let sql = listing(filter);
    let ListFilter {
        workflow,
        name,
        version,
        statuses,
        started_after,
        started_before,
        oldest_first,
        beyond,
        limit,
    } = filter;
    let end = if *oldest_first { 0 } else { i64::MAX };
    let beyond = beyond.map_or(end, |beyond| i64::try_from(beyond).unwrap_or(i64::MAX));
    let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
    let statuses = (!statuses.is_empty()).then(|| {
        let words: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
        format!(",{},", words.join(","))
    });
    summaries(
        connection,
        &sql,
        params![
            beyond,
            workflow,
            name,
            version.as_deref().map(in_arn),
            statuses,
            started_after.map(Timestamp::as_millis),
            started_before.map(Timestamp::as_millis),
            limit
        ],
    )
}

/// There are few workflows, and an index of the names of each.
const NAMED: &str = "WITH RECURSIVE workflows (it) AS (
        SELECT min(workflow) FROM executions
        UNION ALL
        SELECT (SELECT min(workflow) FROM executions WHERE workflow > it) FROM workflows WHERE it IS NOT NULL)
    SELECT id, arn, workflow, name, status, started_at, ended_at
      FROM workflows CROSS JOIN executions ON workflow = it AND name = ?1 ORDER BY id DESC";

pub(super) fn named(
    connection: &Connection,
    name: &str,
) -> Result<Vec<ExecutionSummary>, ReadError> {
    summaries(connection, NAMED, [name])
}

fn summaries(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<ExecutionSummary>, ReadError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| {
        let (position, status): (i64, String) = (row.get(0)?, row.get(4)?);
        Ok((
            position,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            status,
            row.get(5)?,
            row.get(6)?,
        ))
    })?;
    rows.map(|row| {
        let (position, arn, workflow, name, status, started, ended): (
            _,
            Arc<str>,
            _,
            _,
            String,
            _,
            Option<i64>,
        ) = row?;
        let place = || format!("table executions, arn {arn}");
        Ok(ExecutionSummary {
            position: count(position, "id", place)?,
            status: read_status(&status, place)?,
            arn,
            workflow,
            name,
            started: Timestamp::from_millis(started),
            ended: ended.map(Timestamp::from_millis),
        })
    })
    .collect()
}

fn operations_of(
    connection: &Connection,
    execution: i64,
) -> Result<Vec<StoredOperation>, ReadError> {
    let mut statement =
        connection.prepare_cached(
            // Not `*`: the events in a row are not asked for, and stand behind all else.
            "SELECT seq, id, parent_id, name, type, sub_type, status, attempt, started_at, ended_at, due_at, changed, service, error, payload, result, details
               FROM operations WHERE execution = ?1 ORDER BY seq",
        )?;
    let rows = statement.query_map([execution], OperationRow::read)?;
    rows.map(|row| Ok(row?.into_stored()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::schema::MIGRATIONS;
    use super::*;

    /// The steps of this statement's plan that read executions.
    fn reads(sql: &str) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        for migration in MIGRATIONS {
            connection.execute_batch(migration).unwrap();
        }
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let mut plan = connection.prepare(&sql).unwrap();
        let parameters = vec![rusqlite::types::Null; plan.parameter_count()];
        let steps = plan
            .query_map(rusqlite::params_from_iter(parameters), |row| row.get(3))
            .unwrap();
        steps
            .map(Result::unwrap)
            .filter(|step: &String| step.contains(" executions "))
            .collect()
    }

    /// However many executions have ended, these cost no more than those that are open, or have the name.
    #[test]
    fn what_is_open_and_what_has_a_name_is_found_without_a_look_at_all_others() {
        let by_open = ["SCAN executions USING INDEX executions_open"];
        assert_eq!(reads(OPEN), by_open);
        let open = ListFilter {
            statuses: vec![ExecutionStatus::Running, ExecutionStatus::Paused],
            ..ListFilter::default()
        };
        for oldest_first in [false, true] {
            let open = ListFilter {
                oldest_first,
                ..open.clone()
            };
            assert_eq!(reads(&listing(&open)), by_open);
        }
        let named = ListFilter {
            workflow: Some("fulfil".into()),
            name: Some("order-1".into()),
            ..ListFilter::default()
        };
        for sql in [NAMED.to_owned(), listing(&named)] {
            let reads = reads(&sql);
            let last = reads.last().unwrap();
            assert!(last.ends_with("(workflow=? AND name=?)"), "{reads:?}");
            assert!(!reads.iter().any(|it| it.starts_with("SCAN")), "{reads:?}");
        }
        let others = ListFilter {
            statuses: vec![ExecutionStatus::Running, ExecutionStatus::Failed],
            ..ListFilter::default()
        };
        assert_eq!(
            reads(&listing(&others)),
            ["SEARCH executions USING INTEGER PRIMARY KEY (rowid<?)"]
        );
    }
}
