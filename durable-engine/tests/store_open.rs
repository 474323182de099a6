//! Opening a file that must not be opened: a clear error, and not a byte changed.
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
    os::unix::{fs::PermissionsExt, net::UnixListener},
};

use durable_engine::store::{ListFilter, SqliteStore, Store, StoreError};
use rusqlite::Connection;
use store_support::*;

/// SQLite alone would let everybody read them.
#[tokio::test]
async fn given_a_new_database_when_written_then_only_its_owner_can_read_any_of_its_files() {
    let (folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    store.create(created("fulfil", "order-1")).await.unwrap();

    let modes: Vec<(String, u32)> = files(folder.path())
        .into_keys()
        .map(|name| {
            let metadata = fs::metadata(folder.path().join(&name)).unwrap();
            (name, metadata.permissions().mode() & 0o777)
        })
        .collect();

    let expected = [
        "orders.db",
        "orders.db-lock",
        "orders.db-shm",
        "orders.db-wal",
    ];
    assert_eq!(modes, expected.map(|name| (name.to_owned(), 0o600)));
}

/// Who lets a group read its database knows why.
#[tokio::test]
async fn given_a_database_that_others_may_read_when_opened_then_they_still_may() {
    let (_folder, path) = folder();
    filled(&path).await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();

    let store = SqliteStore::open(&path).unwrap();
    store.create(created("fulfil", "order-2")).await.unwrap();

    for name in ["orders.db", "orders.db-wal"] {
        let metadata = fs::metadata(path.with_file_name(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o640, "{name}");
    }
}

#[test]
fn given_a_missing_folder_when_opening_then_the_error_names_it_and_does_not_create_it() {
    let (folder, _) = folder();
    let path = folder.path().join("nowhere/orders.db");

    let error = SqliteStore::open(&path).unwrap_err();

    assert!(
        matches!(error, StoreError::MissingDirectory { .. }),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("nowhere does not exist; create it"),
        "{error}"
    );
    assert!(files(folder.path()).is_empty() && !folder.path().join("nowhere").exists());
}

#[test]
fn given_a_file_where_the_path_wants_a_folder_when_opening_then_it_is_refused() {
    let (_folder, file) = folder();
    fs::write(&file, "text").unwrap();

    let error = SqliteStore::open(file.join("orders.db")).unwrap_err();

    assert!(
        matches!(error, StoreError::MissingDirectory { .. }),
        "{error}"
    );
    assert_eq!(fs::read(&file).unwrap(), b"text");
}

#[test]
fn given_a_folder_when_opening_then_it_is_refused() {
    let (_folder, path) = folder();
    fs::create_dir(&path).unwrap();

    assert!(matches!(
        refused(&path, &["is a folder, not a file"]),
        StoreError::NotAFile { .. }
    ));
}

#[test]
fn given_a_socket_when_opening_then_it_is_refused() {
    let (_folder, path) = folder();
    let _socket = UnixListener::bind(&path).unwrap();

    assert!(matches!(
        refused(&path, &["device or socket"]),
        StoreError::NotAFile { .. }
    ));
}

#[test]
fn given_a_file_that_is_not_sqlite_when_opening_then_it_is_refused_without_a_trace() {
    for content in [
        &b"{\"order\": 1}"[..],
        &[0; 8192],
        &b"SQLite format 3\0 cut"[..],
    ] {
        let (folder, path) = folder();
        fs::write(&path, content).unwrap();

        let error = refused(&path, &["not a database", "give another path"]);

        assert!(matches!(error, StoreError::NotADatabase { .. }));
        assert_eq!(files(folder.path()).len(), 1, "something was left behind");
    }
}

#[test]
fn given_a_database_of_another_program_when_opening_then_it_is_refused_without_a_trace() {
    for (sql, says) in [
        (
            "CREATE TABLE photos (id); CREATE TABLE albums (id)",
            "it has the tables albums, photos",
        ),
        (
            "PRAGMA application_id = 0x12345678; CREATE TABLE t (id)",
            "application id 0x12345678",
        ),
        (
            "PRAGMA journal_mode = WAL; CREATE TABLE events (id)",
            "it has the tables events",
        ),
    ] {
        let (folder, path) = folder();
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();

        let error = refused(&path, &[says, "another program"]);

        assert!(matches!(error, StoreError::Foreign { .. }));
        assert_eq!(files(folder.path()).len(), 1, "something was left behind");
    }
}

#[tokio::test]
async fn given_a_newer_schema_when_opening_then_the_error_says_both_versions() {
    let (_folder, path) = folder();
    filled(&path).await;
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 7)
        .unwrap();

    let error = refused(
        &path,
        &["schema version 7", "versions up to 4", "newer build"],
    );

    assert!(matches!(
        error,
        StoreError::NewerSchema {
            found: 7,
            known: 4,
            ..
        }
    ));
}

#[tokio::test]
async fn given_a_newer_schema_in_the_log_of_a_crashed_engine_when_opening_then_file_and_log_stay_as_they_are()
 {
    let (folder, path) = folder();
    filled(&path).await;
    let crashed = tempfile::tempdir().unwrap();
    {
        let newer = Connection::open(&path).unwrap();
        newer.pragma_update(None, "user_version", 7).unwrap();
        for name in ["orders.db", "orders.db-wal"] {
            fs::copy(folder.path().join(name), crashed.path().join(name)).unwrap();
        }
    }
    let path = crashed.path().join("orders.db");
    assert!(
        fs::metadata(crashed.path().join("orders.db-wal"))
            .unwrap()
            .len()
            > 0
    );

    assert!(matches!(
        refused(&path, &["schema version 7"]),
        StoreError::NewerSchema { .. }
    ));
}

#[tokio::test]
async fn given_damage_in_a_page_when_opening_then_it_is_refused() {
    let (_folder, path) = folder();
    filled(&path).await;
    let whole = fs::read(&path).unwrap();
    for (what, damage) in [
        ("a page in the middle", (8192, whole.len() / 2)),
        ("the schema", (100, 4096)),
        ("the end", (whole.len() - 4096, whole.len())),
    ] {
        let mut bytes = whole.clone();
        bytes[damage.0..damage.1].fill(0xA5);
        fs::write(&path, bytes).unwrap();

        let error = refused(&path, &["is damaged", ".recover"]);

        assert!(
            matches!(error, StoreError::Corrupt { .. }),
            "{what}: {error}"
        );
    }
}

#[tokio::test]
async fn given_a_large_file_with_a_damaged_table_when_opening_then_it_is_refused() {
    let (_folder, path) = folder();
    filled(&path).await;
    let store = SqliteStore::open(&path).unwrap();
    let payload = "p".repeat(20 * 1024 * 1024);
    store
        .commit(step_done("fulfil", "order-1", 1, &payload))
        .await
        .unwrap();
    drop(store);
    let root: u32 = Connection::open(&path)
        .unwrap()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'operations'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let end = root as usize * 4096;
    bytes[end - 4096..end].fill(0xA5);
    fs::write(&path, bytes).unwrap();

    assert!(matches!(
        refused(&path, &["is damaged"]),
        StoreError::Corrupt { .. }
    ));
}

#[tokio::test]
async fn given_a_file_that_is_cut_off_when_opening_then_it_is_refused() {
    let (_folder, path) = folder();
    filled(&path).await;
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();

    assert!(matches!(
        refused(&path, &["is damaged"]),
        StoreError::Corrupt { .. }
    ));
}

#[tokio::test]
async fn given_a_missing_table_when_opening_then_it_is_refused() {
    let (_folder, path) = folder();
    filled(&path).await;
    Connection::open(&path)
        .unwrap()
        .execute_batch("DROP VIEW events_readable; DROP TABLE events")
        .unwrap();

    assert!(matches!(
        refused(&path, &["the table events is missing"]),
        StoreError::Corrupt { .. }
    ));
}

#[tokio::test]
async fn given_an_empty_file_when_opening_then_it_becomes_a_database() {
    let (_folder, path) = folder();
    fs::write(&path, "").unwrap();

    filled(&path).await;

    assert_eq!(
        SqliteStore::open(&path)
            .unwrap()
            .list(ListFilter::default())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn given_odd_characters_in_the_path_when_opening_twice_then_it_is_the_same_database() {
    let (folder, _) = folder();
    let path = folder.path().join("50% of ? # ü 'orders'.db");

    filled(&path).await;

    assert_eq!(
        SqliteStore::open(&path)
            .unwrap()
            .list(ListFilter::default())
            .await
            .unwrap()
            .len(),
        1
    );
}
