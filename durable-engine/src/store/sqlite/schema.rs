//! Which schema a database has, and how it gets to the one this build writes.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::failure::classify;
use crate::store::StoreError;

/// Our mark in the header of the file (`PRAGMA application_id`): "dwfl", durable workflows.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"dwfl");

/// The way from version `n` (0: an empty database) to `n + 1` is the entry at `n`. Entries are only ever added.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("v1.sql"),
    include_str!("v2.sql"),
    include_str!("v3.sql"),
    include_str!("v4.sql"),
];

/// Every table of ours in every version so far.
const TABLES: &[&str] = &["executions", "inputs", "operations", "events"];

/// What a database turned out to be, when it isn't refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing in it yet.
    Empty,
    /// Ours, with this schema version.
    Version(usize),
}

/// The refusal of a file whose header carries another program's application id.
pub(super) fn foreign_id(path: &Path, id: i32) -> StoreError {
    StoreError::Foreign {
        path: path.into(),
        found: format!("application id {id:#010x}, not {APPLICATION_ID:#010x}"),
    }
}

/// Whose database this is and which version it has. Reads only.
pub(super) fn identify(
    connection: &Connection,
    path: &Path,
    known: usize,
) -> Result<Found, StoreError> {
    let failed = |error| classify(path, "opening", error);
    let id: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(failed)?;
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    let tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .and_then(|mut tables| tables.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>())
        .map_err(failed)?;
    match id {
        0 if tables.is_empty() => Ok(Found::Empty),
        0 => {
            let listed = tables
                .iter()
                .take(3)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            let more = if tables.len() > 3 { ", …" } else { "" };
            Err(StoreError::Foreign {
                path: path.into(),
                found: format!("it has the tables {listed}{more}"),
            })
        }
        APPLICATION_ID => {
            let found = usize::try_from(version)
                .ok()
                .filter(|version| *version > 0)
                .ok_or_else(|| StoreError::Corrupt {
                    path: path.into(),
                    detail: format!("it claims schema version {version}"),
                })?;
            if found > known {
                let known = i64::try_from(known).unwrap_or(i64::MAX);
                return Err(StoreError::NewerSchema {
                    path: path.into(),
                    found: version,
                    known,
                });
            }
            match TABLES
                .iter()
                .find(|table| !tables.iter().any(|name| name == *table))
            {
                Some(table) => Err(StoreError::Corrupt {
                    path: path.into(),
                    detail: format!("the table {table} is missing"),
                }),
                None => Ok(Found::Version(found)),
            }
        }
        other => Err(foreign_id(path, other)),
    }
}

/// Brings the database to the last version of `migrations`, in one transaction: after a crash or an error in the middle
/// it is what it was. Returns the version it had before.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[&str],
) -> Result<Found, StoreError> {
    let failed = |error| classify(path, "migrating", error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    // Inside the transaction: nobody can come between the question and the change.
    let found = identify(&transaction, path, migrations.len())?;
    let from = match found {
        Found::Empty => 0,
        Found::Version(version) => version,
    };
    let pending = migrations.get(from..).unwrap_or_default();
    if pending.is_empty() {
        return Ok(found);
    }
    for migration in pending {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| transaction.pragma_update(None, "user_version", migrations.len() as i64))
        .and_then(|()| transaction.commit())
        .map_err(failed)?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::{
        super::{open::open, queries},
        *,
    };
    use crate::store::EventRange;

    const V1: &str = include_str!("fixtures/v1.sql");
    const V2: &str = include_str!("fixtures/v2.sql");
    const V3: &str = include_str!("fixtures/v3.sql");
    /// A migration to a version that this build doesn't know.
    const NEXT: &str =
        "ALTER TABLE executions ADD COLUMN owner TEXT; UPDATE executions SET owner = 'nobody'";
    const ARN: &str = "arn:durable:local:fulfil:order-1";

    fn with_next() -> Vec<&'static str> {
        MIGRATIONS.iter().copied().chain([NEXT]).collect()
    }

    /// A database as the first build wrote it.
    fn version_1() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        Connection::open(&path).unwrap().execute_batch(V1).unwrap();
        (folder, path)
    }

    fn one<T: rusqlite::types::FromSql>(connection: &Connection, sql: &str) -> T {
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn loaded(connection: &Connection) -> crate::store::Loaded {
        queries::load(connection, ARN)
            .unwrap_or_else(|_| panic!("a row of version 1 is unreadable"))
            .unwrap()
    }

    #[test]
    fn given_a_database_of_version_1_when_opened_today_then_everything_in_it_is_read() {
        let (_folder, path) = version_1();

        let opened = open(&path, MIGRATIONS, 1).unwrap();

        let execution = loaded(&opened.readers[0]);
        assert_eq!(
            execution.record.input.as_deref(),
            Some(r#"{"order":"order-1"}"#)
        );
        assert_eq!(
            (execution.record.next_event_id, execution.record.next_seq),
            (5, 2)
        );
        assert_eq!(
            execution.operations[0].operation.result(),
            Some("\"receipt\"")
        );
        let Ok(history) = queries::events(&opened.readers[0], ARN, EventRange::default()) else {
            panic!("an event is unreadable")
        };
        assert_eq!(history.len(), 4);
        assert_eq!(
            one::<i64>(&opened.writer, "PRAGMA user_version"),
            MIGRATIONS.len() as i64
        );
    }

    #[test]
    fn given_a_database_of_version_2_when_opened_today_then_its_history_is_whole() {
        run_of_the_example(V2);
    }

    #[test]
    fn given_a_database_of_version_3_when_opened_today_then_its_history_is_whole() {
        run_of_the_example(V3);
    }

    fn run_of_the_example(dump: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(dump).unwrap();
        drop(old);

        let opened = open(&path, MIGRATIONS, 1).unwrap();

        let arn: String = one(&opened.writer, "SELECT arn FROM executions");
        let Ok(history) = queries::events(&opened.readers[0], &arn, EventRange::default()) else {
            panic!("an event is unreadable")
        };
        let ids: Vec<_> = history.iter().map(|event| event.event_id).collect();
        assert_eq!(ids, (1..=21).collect::<Vec<_>>());
        assert_eq!(
            one::<i64>(&opened.writer, "SELECT count(*) FROM events_readable"),
            21
        );
        let Ok(Some(execution)) = queries::load(&opened.readers[0], &arn) else {
            panic!("a row is unreadable")
        };
        assert_eq!(execution.operations.len(), 7);
    }

    #[test]
    fn given_a_new_database_when_created_then_its_schema_is_that_of_one_migrated_from_version_1() {
        let (folder, path) = version_1();
        let schema = |connection: &Connection| -> String {
            one(
                connection,
                "SELECT group_concat(sql, ';' ORDER BY name) FROM sqlite_schema WHERE sql IS NOT NULL",
            )
        };

        let migrated = open(&path, MIGRATIONS, 0).unwrap();
        let new = open(&folder.path().join("new.db"), MIGRATIONS, 0).unwrap();

        assert_eq!(schema(&migrated.writer), schema(&new.writer));
    }

    #[test]
    fn given_a_newer_build_when_it_opens_version_1_then_the_data_moves_forward_once() {
        let (_folder, path) = version_1();
        let newer = with_next();
        let known = MIGRATIONS.len() as i64;

        for _ in ["migrates", "finds it migrated"] {
            let opened = open(&path, &newer, 1).unwrap();
            assert_eq!(one::<i64>(&opened.writer, "PRAGMA user_version"), known + 1);
            assert_eq!(
                one::<String>(&opened.writer, "SELECT owner FROM executions"),
                "nobody"
            );
            assert_eq!(loaded(&opened.readers[0]).operations.len(), 2);
        }

        // And this build refuses it from then on.
        let refused = open(&path, MIGRATIONS, 1).err().unwrap();
        assert!(
            matches!(refused, StoreError::NewerSchema { found, known: ours, .. } if (found, ours) == (known + 1, known)),
            "{refused}"
        );
    }

    #[test]
    fn given_a_migration_that_fails_half_way_when_opening_then_the_database_stays_at_its_version() {
        let (_folder, path) = version_1();
        let mut broken = with_next();
        broken.push("DELETE FROM events; SELECT nonsense FROM nowhere");

        let error = open(&path, &broken, 1).err().unwrap();

        assert!(
            error.to_string().contains("migrating the database"),
            "{error}"
        );
        let left = Connection::open(&path).unwrap();
        assert_eq!(one::<i64>(&left, "PRAGMA user_version"), 1);
        assert_eq!(one::<i64>(&left, "SELECT count(*) FROM events"), 4);
    }

    #[test]
    fn given_an_empty_database_when_a_newer_build_opens_it_then_all_migrations_run() {
        let folder = tempfile::tempdir().unwrap();

        let newer = with_next();
        let opened = open(&folder.path().join("new.db"), &newer, 1).unwrap();

        assert_eq!(
            one::<i64>(&opened.writer, "PRAGMA user_version"),
            newer.len() as i64
        );
        assert_eq!(
            one::<i32>(&opened.writer, "PRAGMA application_id"),
            APPLICATION_ID
        );
    }
}
