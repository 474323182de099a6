//! Histories come back whole and in order, wherever the SQLite store has put their events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod store_support;

use durable_engine::core::{Commit, Event, EventDetails};
use durable_engine::store::{EventRange, MemoryStore, SqliteStore, Store};
use durable_runtime::wire::{OperationStatus, SubType};

use store_support::{arn, at, created, record, step, wait};

/// Commits of every kind there is: operations that start and end, that only start, that end later; none at all; several with more events than stand in a
/// row; and events of the execution before those of the operation.
fn commits() -> Vec<Commit> {
    let mut commits = Vec::new();
    let (mut next_event, mut next_seq) = (2, 0);
    for round in 0..60_u64 {
        let (mut operations, mut events) = (Vec::new(), Vec::new());
        let mut event = |id: Option<&str>, name: Option<&str>, details| {
            events.push(Event {
                event_id: next_event,
                event_timestamp: at(i64::try_from(next_event).unwrap()),
                id: id.map(Into::into),
                parent_id: None,
                name: name.map(Into::into),
                // As the engine makes them, so that most are about the operation whose row they stand in.
                sub_type: (name == Some("charge")).then_some(SubType::STEP),
                details,
            });
            next_event += 1;
        };
        let mut new = |operations: &mut Vec<_>, status| {
            let operation = step(next_seq, status, Some("\"x\""));
            next_seq += 1;
            let id = operation.operation.id.clone();
            operations.push(operation);
            id
        };
        match round % 6 {
            0 | 1 => {
                let id = new(&mut operations, OperationStatus::Succeeded);
                event(Some(&id), Some("charge"), EventDetails::StepStarted {});
                event(Some(&id), Some("charge"), EventDetails::StepStarted {});
            }
            2 => {
                let id = new(&mut operations, OperationStatus::Started);
                // As an operation with another name would have it.
                event(Some(&id), Some("\"quoted\""), EventDetails::StepStarted {});
                event(None, None, EventDetails::ContextStarted {});
            }
            3 => {
                // The operation of the round before ends.
                let seq = next_seq - 1;
                let operation = step(seq, OperationStatus::Succeeded, Some("1"));
                let id = operation.operation.id.clone();
                operations.push(operation);
                event(Some(&id), Some("charge"), EventDetails::StepStarted {});
            }
            4 => event(None, None, EventDetails::ContextStarted {}),
            _ => {
                for _ in 0..12 {
                    let id = new(&mut operations, OperationStatus::Succeeded);
                    event(Some(&id), Some("charge"), EventDetails::StepStarted {});
                    event(Some(&id), Some("charge"), EventDetails::StepStarted {});
                }
            }
        }
        commits.push(Commit {
            created: false,
            urgent: false,
            record: record("fulfil", "one"),
            operations,
            events,
        });
    }
    commits
}

#[tokio::test]
async fn every_part_of_a_history_is_that_of_the_store_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let (sqlite, memory) = (SqliteStore::open(&path).unwrap(), MemoryStore::new());
    for store in [&sqlite as &dyn Store, &memory] {
        store.create(created("fulfil", "one")).await.unwrap();
        // Another one beside it, so that nothing depends on row numbers.
        store.create(created("fulfil", "two")).await.unwrap();
        let mut other = commits();
        for (commit, mut beside) in commits().into_iter().zip(other.drain(..)) {
            beside.record = record("fulfil", "two");
            store.commit(commit).await.unwrap();
            store.commit(beside).await.unwrap();
        }
    }
    let arn = arn("fulfil", "one");
    let whole = memory.history(&arn).await.unwrap();
    assert!(whole.len() > 300, "{}", whole.len());
    let ids: Vec<_> = whole.iter().map(|event| event.event_id).collect();
    let rising: Vec<_> = (1..=whole.len() as u64).collect();
    assert_eq!(ids, rising);
    assert_eq!(sqlite.history(&arn).await.unwrap(), whole);

    // Both ways to write an event in a row are among them, and rows of their own.
    let look = rusqlite::Connection::open(&path).unwrap();
    let count = |sql: &str| look.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    let of_length = |length| {
        count(&format!(
            "SELECT count(*) FROM operations, json_each(events) AS e WHERE json_array_length(e.value) = {length}"
        ))
    };
    assert!(of_length(3) > 20, "{}", of_length(3));
    assert!(count("SELECT count(*) FROM events") > 20);

    let beyond = whole.len() as u64 + 3;
    for newest_first in [false, true] {
        for from in (0..beyond).map(Some).chain([None]) {
            for (limit, max_bytes) in [(usize::MAX, usize::MAX), (7, usize::MAX), (40, 300)] {
                let range = EventRange {
                    from,
                    newest_first,
                    limit,
                    max_bytes,
                };
                let (ours, theirs) = (sqlite.events(&arn, range), memory.events(&arn, range));
                let (ours, theirs) = (ours.await.unwrap(), theirs.await.unwrap());
                assert_eq!(ours, theirs, "{range:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_history_goes_on_after_its_file_was_closed_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let memory = MemoryStore::new();
    memory.create(created("fulfil", "one")).await.unwrap();
    SqliteStore::open(&path)
        .unwrap()
        .create(created("fulfil", "one"))
        .await
        .unwrap();
    for commit in commits() {
        // Opened anew for each: nothing that an open store remembers is needed.
        let store = SqliteStore::open(&path).unwrap();
        let mut repeated = commit.clone();
        repeated.operations = vec![wait(9_999, at(1))];
        store.commit(commit.clone()).await.unwrap();
        // The ids of its events are taken, in whichever place they are.
        store.commit(repeated).await.unwrap_err();
        memory.commit(commit).await.unwrap();
    }
    let arn = arn("fulfil", "one");
    assert_eq!(
        SqliteStore::open(&path)
            .unwrap()
            .history(&arn)
            .await
            .unwrap(),
        memory.history(&arn).await.unwrap()
    );
}
