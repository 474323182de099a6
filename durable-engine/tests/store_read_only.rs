//! Looking into a database without being its engine.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod store_support;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
};

use durable_engine::store::{ListFilter, SqliteReader, SqliteStore, Store, StoreError};
use rusqlite::Connection;
use store_support::*;

/// Everything in the folder but SQLite's index of its log, which is shared memory and holds no data.
fn kept(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut files = files(folder);
    files.retain(|name, _| !name.ends_with("-shm"));
    files
}

#[tokio::test]
async fn given_a_closed_database_when_read_then_everything_is_there_and_no_file_is_made() {
    let (folder, path) = folder();
    filled(&path).await;
    let before = files(folder.path());

    let reader = SqliteReader::open(&path).unwrap();

    assert_eq!(
        reader.path(),
        fs::canonicalize(&path).unwrap(),
        "links are resolved"
    );
    let listed = reader.list(&ListFilter::default()).unwrap();
    assert_eq!(
        (listed.len(), &*listed[0].workflow, &*listed[0].name),
        (1, "fulfil", "order-1")
    );
    assert_eq!(reader.named("order-1").unwrap(), listed);
    assert!(reader.named("order-2").unwrap().is_empty());
    let record = reader.find("fulfil", "order-1").unwrap().unwrap();
    let loaded = reader.load(&record.arn).unwrap().unwrap();
    assert_eq!((loaded.record, loaded.operations.len()), (record, 1));
    assert_eq!(reader.history(&arn("fulfil", "order-1")).unwrap().len(), 3);
    assert!(reader.load("arn:of:nobody").unwrap().is_none());
    assert!(files(folder.path()) == before, "reading left a trace");
}

#[tokio::test]
async fn given_a_running_engine_when_read_beside_it_then_both_see_each_new_commit() {
    let (_folder, path) = folder();
    let engine = SqliteStore::open(&path).unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    assert!(reader.list(&ListFilter::default()).unwrap().is_empty());

    engine.create(created("fulfil", "order-1")).await.unwrap();
    for n in 0..5 {
        engine
            .commit(step_done("fulfil", "order-1", n, "receipt"))
            .await
            .unwrap();
        let loaded = reader.load(&arn("fulfil", "order-1")).unwrap().unwrap();
        assert_eq!(loaded.operations.len() as u64, n + 1);
    }

    // And the reader outlives the engine, and finds the next one.
    drop(engine);
    assert_eq!(reader.history(&arn("fulfil", "order-1")).unwrap().len(), 11);
    let engine = SqliteStore::open(&path).unwrap();
    engine.create(created("fulfil", "order-2")).await.unwrap();
    assert_eq!(reader.list(&ListFilter::default()).unwrap().len(), 2);
}

#[tokio::test]
async fn given_a_reader_when_an_engine_opens_then_it_is_not_refused() {
    let (_folder, path) = folder();
    filled(&path).await;
    let reader = SqliteReader::open(&path).unwrap();

    let engine = SqliteStore::open(&path).unwrap();

    assert_eq!(engine.open().await.unwrap().len(), 1);
    assert_eq!(reader.list(&ListFilter::default()).unwrap().len(), 1);
}

#[test]
fn given_engines_that_come_and_go_when_read_all_the_time_then_no_read_fails_or_goes_back() {
    let (_folder, path) = folder();
    drop(engine_with_one_step(&path));
    let done = AtomicBool::new(false);

    let reads = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let reader = SqliteReader::open(&path).unwrap();
                seen.push(reader.list(&ListFilter::default()).unwrap().len());
            }
            seen
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        for n in 0..25 {
            let engine = SqliteStore::open(&path).unwrap();
            let name = format!("order-{}", n + 2);
            runtime
                .block_on(engine.create(created("fulfil", &name)))
                .unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });

    assert!(reads.is_sorted(), "{reads:?}");
}

const KILLED_TEST: &str = "given_an_engine_that_was_killed_when_read_then_what_it_acknowledged_is_there_and_nothing_changes";

#[test]
fn given_an_engine_that_was_killed_when_read_then_what_it_acknowledged_is_there_and_nothing_changes()
 {
    const CHILD: &str = "STORE_TEST_READ_KILLED";
    if let Some(path) = std::env::var_os(CHILD) {
        let _engine = engine_with_one_step(Path::new(&path));
        println!("ready.");
        loop {
            std::thread::park();
        }
    }
    let (folder, path) = folder();
    let mut child = again(KILLED_TEST, CHILD, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines
            .map_while(Result::ok)
            .any(|line| line.ends_with("ready."))
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let before = kept(folder.path());
    assert!(
        !before["orders.db-wal"].is_empty(),
        "the log holds the data"
    );

    for index in ["as it was left", "gone, as in a copy"] {
        let reader = SqliteReader::open(&path).unwrap();
        assert_eq!(
            reader.history(&arn("fulfil", "order-1")).unwrap().len(),
            3,
            "{index}"
        );
        drop(reader);
        assert!(kept(folder.path()) == before, "{index}: a file was changed");
        fs::remove_file(folder.path().join("orders.db-shm")).unwrap();
    }
}

fn engine_with_one_step(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        store.create(created("fulfil", "order-1")).await.unwrap();
        let commit = step_done("fulfil", "order-1", 0, "receipt");
        store.commit(commit).await.unwrap();
    });
    store
}

/// Reading fails, leaves no trace, and says all of `says`.
fn unreadable(path: &Path, says: &[&str]) -> StoreError {
    let folder = path.parent().unwrap();
    let before = files(folder);
    let error = SqliteReader::open(path).unwrap_err();
    assert!(files(folder) == before, "reading left a trace");
    let message = error.to_string();
    for part in says.iter().chain(&[path.to_str().unwrap()]) {
        assert!(message.contains(part), "{part:?} is missing in: {message}");
    }
    error
}

#[test]
fn given_no_file_when_read_then_none_is_made() {
    let (_folder, path) = folder();
    let error = unreadable(&path, &["there is no database"]);
    assert!(matches!(error, StoreError::NotFound { .. }));
}

#[test]
fn given_a_folder_when_read_then_the_error_says_so() {
    let (folder, _) = folder();
    let error = SqliteReader::open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::NotAFile { .. }), "{error}");
}

#[test]
fn given_something_else_than_a_database_when_read_then_it_is_refused() {
    for content in [&b"{\"order\": 1}"[..], &[0; 8192], b""] {
        let (_folder, path) = folder();
        fs::write(&path, content).unwrap();
        let error = unreadable(&path, &["is not a database"]);
        assert!(matches!(error, StoreError::NotADatabase { .. }));
    }
}

#[test]
fn given_a_database_of_another_program_when_read_then_it_is_refused() {
    let (_folder, path) = folder();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE photos (id)").unwrap();
    drop(other);
    let error = unreadable(&path, &["another program", "photos"]);
    assert!(matches!(error, StoreError::Foreign { .. }));
}

#[tokio::test]
async fn given_a_newer_schema_when_read_then_the_error_says_both_versions() {
    let (_folder, path) = folder();
    filled(&path).await;
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 7).unwrap();
    drop(newer);
    let error = unreadable(&path, &["schema version 7", "newer build"]);
    assert!(matches!(error, StoreError::NewerSchema { .. }));
}

#[tokio::test]
async fn given_damage_when_read_then_the_error_says_how_to_save_what_is_left() {
    let (_folder, path) = folder();
    filled(&path).await;
    let mut bytes = fs::read(&path).unwrap();
    bytes[100..4096].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let error = unreadable(&path, &["is damaged", ".recover"]);
    assert!(matches!(error, StoreError::Corrupt { .. }));
}
