//! Who may open a database: one engine at a time, and only where it can write.
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
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use durable_engine::store::{SqliteStore, Store, StoreError};
use store_support::*;

#[tokio::test]
async fn given_an_engine_in_this_process_when_opening_again_then_it_is_refused_until_that_one_closes()
 {
    let (folder, path) = folder();
    filled(&path).await;
    let first = SqliteStore::open(&path).unwrap();
    let link = folder.path().join("same.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();

    let holder = std::process::id().to_string();
    let error = refused(
        &path,
        &["in use by another engine", &holder, "stop that one"],
    );
    assert!(matches!(error, StoreError::InUse { .. }));
    assert!(matches!(
        SqliteStore::open(&link).unwrap_err(),
        StoreError::InUse { .. }
    ));

    first
        .commit(step_done("fulfil", "order-1", 1, "still works"))
        .await
        .unwrap();
    drop(first);
    assert_eq!(
        SqliteStore::open(&link)
            .unwrap()
            .history(&arn("fulfil", "order-1"))
            .await
            .unwrap()
            .len(),
        5
    );
}

#[test]
fn given_many_threads_when_opening_one_new_file_then_exactly_one_gets_it() {
    let (_folder, path) = folder();
    let opened: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| SqliteStore::open(&path)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });

    assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1);
    assert!(
        opened
            .iter()
            .flat_map(|opened| opened.as_ref().err())
            .all(|e| matches!(e, StoreError::InUse { .. }))
    );
}

const READ_ONLY_TEST: &str =
    "given_a_read_only_place_when_opening_then_the_error_says_what_is_not_writable";

#[test]
fn given_a_read_only_place_when_opening_then_the_error_says_what_is_not_writable() {
    const CHILD: &str = "STORE_TEST_READ_ONLY";
    if let Some(place) = std::env::var_os(CHILD) {
        return read_only_child(Path::new(&place));
    }
    let (place, path) = folder();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(filled(&path));
    let set =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    // (folder, mode of the folder, mode of the file, mode of the lock file if there is one)
    for (name, folder_mode, file_mode, lock_mode) in [
        ("read-only-folder", 0o555, 0o666, None),
        ("read-only-folder-used-before", 0o555, 0o666, Some(0o666)),
        ("read-only-lock", 0o777, 0o666, Some(0o444)),
        ("read-only-file", 0o777, 0o444, None),
        ("unreadable-file", 0o777, 0o000, None),
    ] {
        let folder = place.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::copy(&path, folder.join("orders.db")).unwrap();
        set(&folder.join("orders.db"), file_mode);
        if let Some(lock_mode) = lock_mode {
            fs::write(folder.join("orders.db-lock"), "").unwrap();
            set(&folder.join("orders.db-lock"), lock_mode);
        }
        set(&folder, folder_mode);
    }
    set(place.path(), 0o755);
    let mut child = again(READ_ONLY_TEST, CHILD, place.path());
    // Root may write anywhere, so the test goes on as somebody else, with a copy of this binary in reach of everybody.
    let everybody = tempfile::tempdir().unwrap();
    if fs::metadata(everybody.path()).unwrap().uid() == 0 {
        fs::set_permissions(everybody.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let binary = everybody.path().join("test");
        fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
        child = Command::new(binary);
        child
            .args([READ_ONLY_TEST, "--exact", "--nocapture"])
            .env(CHILD, place.path())
            .uid(65_534)
            .gid(65_534);
    }
    let output = child.output().unwrap();
    for folder in ["read-only-folder", "read-only-folder-used-before"] {
        set(&place.path().join(folder), 0o755); // so that they can be removed
    }
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn read_only_child(place: &Path) {
    for (file, what) in [
        ("read-only-folder/orders.db", "its folder"),
        ("read-only-folder/new.db", "its folder"),
        ("read-only-folder-used-before/orders.db", "its folder"),
        ("read-only-lock/orders.db", "its lock file"),
        ("read-only-file/orders.db", "the file"),
    ] {
        let error = refused(&place.join(file), &["not writable", what, "write access"]);
        assert!(
            matches!(error, StoreError::NotWritable { .. }),
            "{file}: {error}"
        );
    }
    // Compared without reading it: this user can't.
    let error = SqliteStore::open(place.join("unreadable-file/orders.db")).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::NotWritable {
                what: "the file",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn given_an_engine_in_another_process_when_opening_then_it_is_refused_with_its_process_id() {
    const CHILD: &str = "STORE_TEST_IN_USE";
    if let Some(path) = std::env::var_os(CHILD) {
        let parent = std::os::unix::process::parent_id().to_string();
        let error = refused(
            Path::new(&path),
            &["in use by another engine", &format!("(process {parent})")],
        );
        assert!(matches!(error, StoreError::InUse { .. }));
        return;
    }
    let (_folder, path) = folder();
    filled(&path).await;
    let _engine = SqliteStore::open(&path).unwrap();

    let name =
        "given_an_engine_in_another_process_when_opening_then_it_is_refused_with_its_process_id";
    let output = again(name, CHILD, &path).output().unwrap();

    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
