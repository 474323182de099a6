//! The statements that write, each prepared once for a group.

use durable_runtime::wire::SubType;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::{event_row::NewEvent, operation_row::OperationRow, rows::RecordRow};

/// A connection, and the statements that have been needed on it so far.
pub(super) struct Statements<'c> {
    connection: &'c Connection,
    update_open: Option<CachedStatement<'c>>,
    insert_operation: Option<CachedStatement<'c>>,
    update_operation: Option<CachedStatement<'c>>,
    insert_event: Option<CachedStatement<'c>>,
}

/// What of a commit stands in the row of an operation that it created.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'r> {
    pub(super) events: Option<&'r str>,
    pub(super) state: Option<&'r str>,
}

/// The statement in its place, prepared if it is not there yet.
fn prepared<'s, 'c>(
    place: &'s mut Option<CachedStatement<'c>>,
    connection: &'c Connection,
    sql: &str,
) -> rusqlite::Result<&'s mut CachedStatement<'c>> {
    match place {
        Some(statement) => Ok(statement),
        empty => Ok(empty.insert(connection.prepare_cached(sql)?)),
    }
}

impl<'c> Statements<'c> {
    pub(super) fn of(connection: &'c Connection) -> Self {
        Self {
            connection,
            update_open: None,
            insert_operation: None,
            update_operation: None,
            insert_event: None,
        }
    }

    pub(super) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// Adds an execution, with its input. `None`, and nothing is changed, when its workflow has one of that name.
    pub(super) fn insert_execution(&self, row: &RecordRow) -> rusqlite::Result<Option<i64>> {
        let inserted = self
            .connection
            .prepare_cached(
                "INSERT INTO executions (arn, workflow, name, started_at, timeout_seconds, callback_key, status, ended_at,
                        invoke_at, invocation, state, error, result, origin, delete_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
                 ON CONFLICT (workflow, name) DO NOTHING
                 RETURNING id",
            )?
            .query_row(
                params![
                    row.arn, row.workflow, row.name, row.started, row.timeout_seconds, row.callback_key, row.status,
                    row.ended, row.invoke_at, row.invocation, row.state, row.error, row.result, row.origin, row.delete_at
                ],
                |row| row.get(0),
            )
            .optional()?;
        if let (Some(execution), Some(input)) = (inserted, &row.input) {
            self.connection
                .prepare_cached("INSERT INTO inputs (execution, input) VALUES (?1, ?2)")?
                .execute(params![execution, input])?;
        }
        Ok(inserted)
    }

    /// Rewrites what can change of an execution; false when there is none with that number, or it has ended: what has ended stays as it ended.
    pub(super) fn update_execution(
        &mut self,
        number: i64,
        row: &RecordRow,
    ) -> rusqlite::Result<bool> {
        let changed = if row.ended.is_none() && row.delete_at.is_none() {
            // The columns that are indexed stay what they are, and their indexes are left alone.
            prepared(
                &mut self.update_open,
                self.connection,
                "UPDATE executions SET status = ?2, invoke_at = ?3, invocation = ?4, state = ?5, error = ?6, result = ?7
                  WHERE id = ?1 AND arn = ?8 AND ended_at IS NULL",
            )?
            .execute(params![
                number, row.status, row.invoke_at, row.invocation, row.state, row.error, row.result, row.arn
            ])?
        } else {
            self.connection
                .prepare_cached(
                    "UPDATE executions SET status = ?2, ended_at = ?3, invoke_at = ?4, invocation = ?5, state = ?6, error = ?7,
                            result = ?8, delete_at = ?9
                      WHERE id = ?1 AND arn = ?10 AND ended_at IS NULL",
                )?
                .execute(params![
                    number, row.status, row.ended, row.invoke_at, row.invocation, row.state, row.error, row.result,
                    row.delete_at, row.arn
                ])?
        };
        Ok(changed == 1)
    }

    /// Adds an operation, with what of its commit stands in its row; false, and nothing is changed, when its number is taken.
    pub(super) fn insert_operation(
        &mut self,
        execution: i64,
        row: &OperationRow,
        Beside { events, state }: Beside<'_>,
    ) -> rusqlite::Result<bool> {
        let added = prepared(
            &mut self.insert_operation,
            self.connection,
            "INSERT INTO operations (execution, seq, id, parent_id, name, type, sub_type, status, attempt, started_at,
                    ended_at, due_at, changed, service, details, error, payload, result, events, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
             ON CONFLICT (execution, seq) DO NOTHING",
        )?
        .execute(params![
            execution, row.seq, row.id, row.parent_id, row.name.as_deref(), row.kind, row.sub_type.as_ref().map(SubType::as_str), row.status, row.attempt,
            row.started, row.ended, row.due, row.changed, row.service, row.details, row.error, row.payload, row.result,
            events, state
        ])?;
        Ok(added == 1)
    }

    /// Rewrites the operation with this number. False, and nothing is changed, when that number is another operation's.
    pub(super) fn update_operation(
        &mut self,
        execution: i64,
        row: &OperationRow,
    ) -> rusqlite::Result<bool> {
        let changed = prepared(
            &mut self.update_operation,
            self.connection,
            "UPDATE operations SET parent_id = ?4, name = ?5, type = ?6, sub_type = ?7, status = ?8, attempt = ?9, started_at = ?10,
                    ended_at = ?11, due_at = ?12, changed = ?13, service = ?14, details = ?15, error = ?16, payload = ?17, result = ?18
              WHERE execution = ?1 AND seq = ?2 AND id = ?3",
        )?
        .execute(params![
            execution, row.seq, row.id, row.parent_id, row.name.as_deref(), row.kind, row.sub_type.as_ref().map(SubType::as_str), row.status, row.attempt,
            row.started, row.ended, row.due, row.changed, row.service, row.details, row.error, row.payload, row.result
        ])?;
        Ok(changed == 1)
    }

    /// Appends an event; an id that is there already is a constraint violation.
    pub(super) fn insert_event(
        &mut self,
        execution: i64,
        row: &NewEvent,
        details: &str,
    ) -> rusqlite::Result<()> {
        prepared(
            &mut self.insert_event,
            self.connection,
            "INSERT INTO events (execution, event_id, type, at, operation_id, parent_id, name, sub_type, details)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            execution, row.event_id, row.kind, row.at, row.operation_id, row.parent_id, row.name.as_deref(),
            row.sub_type.as_ref().map(SubType::as_str), details
        ])?;
        Ok(())
    }
}
