//! What only the SQLite store promises: durability settings, groups, a full disk, and a file other tools can read.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod store_support;

use std::{path::PathBuf, sync::Arc};

use durable_engine::{
    core::{Commit, ExecutionStatus},
    store::{SqliteStore, Store, StoreError},
};
use durable_runtime::wire::OperationStatus;
use rusqlite::{Connection, OpenFlags};
use store_support::*;

#[tokio::test]
async fn given_a_live_store_when_asking_the_connection_that_writes_then_commits_are_durable() {
    let (_folder, path) = folder();
    for _ in ["new", "opened again"] {
        let settings = SqliteStore::open(&path)
            .unwrap()
            .writer_settings()
            .await
            .unwrap();

        assert_eq!(
            (settings.journal_mode.as_str(), settings.synchronous),
            ("wal", 2)
        );
        assert!(settings.foreign_keys);
        assert_eq!(
            (settings.application_id, settings.schema_version),
            (0x6477_666C, 4)
        );
    }
}

#[tokio::test]
async fn given_a_thousand_commits_at_once_when_stored_then_they_share_transactions() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    let names: Vec<_> = (0..1_000).map(|n| n.to_string()).collect();
    let creates: Vec<_> = names
        .iter()
        .map(|name| store.create(created("group", name)))
        .collect();
    for create in creates {
        create.await.unwrap();
    }
    let frames = |path: &PathBuf| {
        std::fs::metadata(path.with_extension("db-wal"))
            .unwrap()
            .len()
            / 4_120
    };
    let before = frames(&path);

    let commits: Vec<_> = names
        .iter()
        .map(|name| store.commit(step_done("group", name, 0, "x")))
        .collect();
    for commit in commits {
        commit.await.unwrap();
    }

    // Alone, each of them writes at least two pages: a table and an index page of `operations`.
    let written = frames(&path) - before;
    assert!(
        written < 1_000,
        "{written} pages were written for 1,000 commits"
    );
    assert_eq!(
        store.operations(&arn("group", "999")).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn given_another_program_that_writes_when_committing_then_the_call_does_not_wait_for_it() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    store.create(created("fulfil", "one")).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    // Were the call to wait, nobody would be left to end the other's transaction, and it would fail after ten seconds.
    let first = store.commit(step_done("fulfil", "one", 0, "x"));
    let second = store.commit(step_done("fulfil", "one", 1, "y"));
    other.execute_batch("ROLLBACK").unwrap();

    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(store.history(&arn("fulfil", "one")).await.unwrap().len(), 5);
}

#[tokio::test]
async fn given_many_lone_commits_when_stored_then_the_log_stays_short() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    store.create(created("long", "one")).await.unwrap();

    for n in 0..2_500 {
        store
            .commit(step_done("long", "one", n, "x"))
            .await
            .unwrap();
    }

    let log = std::fs::metadata(path.with_extension("db-wal"))
        .unwrap()
        .len();
    // 4,000 pages is where SQLite copies it by itself, within somebody's commit.
    assert!(log < 4_000 * 4_120, "{log} bytes");
    assert_eq!(
        store.history(&arn("long", "one")).await.unwrap().len(),
        1 + 2 * 2_500
    );
}

#[tokio::test]
async fn given_a_running_engine_when_another_program_reads_then_it_sees_what_waits_until_when() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    store.create(created("fulfil", "order-1")).await.unwrap();
    store
        .commit(step_done("fulfil", "order-1", 0, "receipt"))
        .await
        .unwrap();
    let operations = vec![
        wait(1, at(86_400_123)),
        step(2, OperationStatus::Started, None),
    ];
    let record = record("fulfil", "order-1");
    store
        .commit(Commit {
            created: false,
            urgent: false,
            record,
            operations,
            events: vec![],
        })
        .await
        .unwrap();

    let reader = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let lines = |sql: &str| -> Vec<String> {
        let mut statement = reader.prepare(sql).unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    };

    assert_eq!(
        lines(
            "SELECT concat_ws(' ', execution_name, name, type, since, due) FROM waiting ORDER BY due IS NULL, due"
        ),
        [
            "order-1 cooling off WAIT 2026-01-01T00:00:00.000Z 2026-01-02T00:00:00.123Z",
            "order-1 charge STEP 2026-01-01T00:00:00.002Z",
        ]
    );
    assert_eq!(
        lines(
            "SELECT concat_ws(' ', id, status, result, started, ended) FROM operations_readable WHERE seq = 0"
        ),
        ["step-0000 SUCCEEDED receipt 2026-01-01T00:00:00.000Z 2026-01-01T00:00:00.001Z"]
    );
    assert_eq!(
        lines("SELECT concat_ws(' ', event_id, type, time, name) FROM events_readable"),
        [
            "1 ExecutionStarted 2026-01-01T00:00:00.001Z",
            "2 StepStarted 2026-01-01T00:00:00.002Z charge",
            "3 StepSucceeded 2026-01-01T00:00:00.003Z charge",
        ]
    );
    assert_eq!(
        lines(
            "SELECT concat_ws(' ', workflow, name, status, started, input) FROM executions_readable"
        ),
        ["fulfil order-1 RUNNING 2026-01-01T00:00:00.000Z {\"order\":\"order-1\"}"]
    );
}

#[tokio::test]
async fn given_the_queries_of_the_documentation_when_run_then_each_is_valid() {
    let (_folder, path) = folder();
    filled(&path).await;
    let connection = Connection::open(&path).unwrap();
    let text = include_str!("../../docs/storage.md");

    let queries: Vec<_> = text
        .split("```sql\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();

    assert_eq!(queries.len(), 5);
    for query in queries {
        let mut statement = connection
            .prepare(query)
            .unwrap_or_else(|error| panic!("{error} in {query}"));
        let rows = statement.query_map([], |_| Ok(())).unwrap();
        assert!(rows.count() < 10, "{query}");
    }
}

#[tokio::test]
async fn given_a_row_somebody_broke_when_reading_then_the_error_names_the_row() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    store.create(created("fulfil", "order-1")).await.unwrap();
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE executions SET status = 'DONE'", [])
        .unwrap();

    let error = store.load(&arn("fulfil", "order-1")).await.unwrap_err();

    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("table executions, arn arn:durable:local:fulfil:order-1"),
        "{error}"
    );
    assert!(error.to_string().contains("DONE"), "{error}");
}

#[tokio::test]
async fn given_queued_commits_when_the_store_is_dropped_then_they_are_written_first() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    store.create(created("fulfil", "order-1")).await.unwrap();
    let commits: Vec<_> = (0..100)
        .map(|n| store.commit(step_done("fulfil", "order-1", n, "x")))
        .collect();

    drop(store);

    for commit in commits {
        commit.await.unwrap();
    }
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(
        store
            .operations(&arn("fulfil", "order-1"))
            .await
            .unwrap()
            .len(),
        100
    );
}

/// A limit on the size of files stands in for a full disk: writes beyond it fail like writes to one.
#[cfg(unix)]
#[test]
fn given_a_full_disk_when_committing_then_everybody_hears_it_and_nothing_is_half_applied() {
    const CHILD: &str = "STORE_TEST_FULL";
    if let Some(path) = std::env::var_os(CHILD) {
        return full_disk_child(PathBuf::from(path));
    }
    let (_folder, path) = folder();
    let name =
        "given_a_full_disk_when_committing_then_everybody_hears_it_and_nothing_is_half_applied";
    let test = again(name, CHILD, &path);
    let mut shell = std::process::Command::new("sh");
    // Ignored, the signal for it becomes an error of the write; the limit is in blocks of 512 or 1,024 bytes.
    shell
        .args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$@\"", "sh"])
        .arg(test.get_program());
    let output = shell
        .args(test.get_args())
        .env(CHILD, &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    // With room again everything that was acknowledged is there, and nothing of what wasn't.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(&path).unwrap();
        let acknowledged = store
            .load(&arn("full", "0"))
            .await
            .unwrap()
            .unwrap()
            .operations
            .len() as u64;
        assert!(
            said.contains(&format!("acknowledged {acknowledged}.")),
            "{acknowledged} are stored, but: {said}"
        );
        for name in ["1", "2", "3"] {
            let loaded = store.load(&arn("full", name)).await.unwrap().unwrap();
            assert_eq!(
                (loaded.record.status, loaded.operations.len()),
                (ExecutionStatus::Running, 0)
            );
            assert_eq!(store.history(&arn("full", name)).await.unwrap().len(), 1);
        }
        store
            .commit(step_done("full", "1", 0, "room again"))
            .await
            .unwrap();
    });
}

#[cfg(unix)]
fn full_disk_child(path: PathBuf) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Arc::new(SqliteStore::open(path).unwrap());
        for name in ["0", "1", "2", "3"] {
            store.create(created("full", name)).await.unwrap();
        }
        let payload = "x".repeat(50_000);
        let mut acknowledged = 0;
        let error = loop {
            match store
                .commit(step_done("full", "0", acknowledged, &payload))
                .await
            {
                Ok(()) => acknowledged += 1,
                Err(error) => break error,
            }
            assert!(acknowledged < 1_000, "the limit does not hold");
        };
        assert!(error.is_retryable(), "{error}");
        assert!(
            error.to_string().contains("nothing stored before is lost"),
            "{error}"
        );

        // A group: each of them alone is small, but together there is no room; all of them must hear it.
        let large = "y".repeat(900_000);
        let group: Vec<_> = ["1", "2", "3"]
            .map(|name| store.commit(step_done("full", name, 0, &large)))
            .into();
        for commit in group {
            let error = commit.await.unwrap_err();
            assert!(
                matches!(error, StoreError::Full { .. } | StoreError::Io { .. }),
                "{error}"
            );
        }
        // Reading goes on.
        assert_eq!(
            store
                .load(&arn("full", "0"))
                .await
                .unwrap()
                .unwrap()
                .operations
                .len() as u64,
            acknowledged
        );
        eprintln!("acknowledged {acknowledged}.");
    });
}
