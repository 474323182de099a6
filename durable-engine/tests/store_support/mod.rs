//! Values to store, shared by the tests of the stores.
#![allow(
    dead_code,
    unused_macros,
    reason = "each test binary uses its own part"
)]

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use durable_engine::core::{
    Commit, Event, EventDetails, EventInput, EventResult, ExecutionRecord, ExecutionStatus,
    RetryDetails, StoredOperation,
};
use durable_engine::store::{SqliteStore, Store, StoreError};
use durable_runtime::wire::{
    Operation, OperationStatus, OperationType, StepDetails, SubType, Timestamp, WaitDetails,
};
use tempfile::TempDir;

/// 2026-01-01T00:00:00Z, in milliseconds.
pub(crate) const START: i64 = 1_767_225_600_000;

pub(crate) fn at(offset: i64) -> Timestamp {
    Timestamp::from_millis(START + offset)
}

pub(crate) fn arn(workflow: &str, name: &str) -> String {
    format!("arn:durable:local:{workflow}:{name}")
}

/// The record of an execution that has just begun.
pub(crate) fn record(workflow: &str, name: &str) -> ExecutionRecord {
    ExecutionRecord {
        arn: arn(workflow, name).into(),
        name: name.into(),
        workflow: workflow.into(),
        input: Some(format!("{{\"order\":\"{name}\"}}").into()),
        timeout_seconds: None,
        callback_key: "secret".into(),
        started: at(0),
        status: ExecutionStatus::Running,
        result: None,
        error: None,
        ended: None,
        closing: None,
        token: Some("token-1".into()),
        next_event_id: 2,
        next_seq: 0,
        invocation: None,
        invoke_at: None,
        failures: 0,
        changes: 0,
        delivered: 0,
        last_checkpoint: None,
        origin: Default::default(),
        pause: None,
        paused_millis: 0,
        pause_marks: Default::default(),
        delete_at: None,
    }
}

/// The first commit of an execution.
pub(crate) fn created(workflow: &str, name: &str) -> Commit {
    let record = record(workflow, name);
    let input = EventInput::new(record.input.as_deref().map(str::to_owned));
    let details = EventDetails::ExecutionStarted {
        input,
        execution_timeout: 31_622_400,
    };
    Commit {
        created: true,
        urgent: false,
        record,
        operations: vec![],
        events: vec![event(1, None, details)],
    }
}

/// A later commit: step number `n` (from 0) starts and succeeds with `payload`.
pub(crate) fn step_done(workflow: &str, name: &str, n: u64, payload: &str) -> Commit {
    let mut record = record(workflow, name);
    record.next_seq = n + 1;
    record.next_event_id = 4 + 2 * n;
    let operation = step(n, OperationStatus::Succeeded, Some(payload));
    let id = operation.operation.id.clone();
    let succeeded = EventDetails::StepSucceeded {
        result: EventResult::new(Some(payload.into())),
        retry_details: RetryDetails {
            current_attempt: 1,
            next_attempt_delay_seconds: None,
        },
    };
    let events = vec![
        event(2 + 2 * n, Some(&id), EventDetails::StepStarted {}),
        event(3 + 2 * n, Some(&id), succeeded),
    ];
    Commit {
        created: false,
        urgent: false,
        record,
        operations: vec![operation],
        events,
    }
}

pub(crate) fn step(n: u64, status: OperationStatus, result: Option<&str>) -> StoredOperation {
    let mut operation = Operation::new(
        format!("step-{n:04}"),
        OperationType::Step,
        status,
        at(n as i64),
    );
    operation.name = Some("charge".into());
    operation.sub_type = Some(SubType::STEP);
    operation.end_timestamp = status.is_terminal().then(|| at(n as i64 + 1));
    operation.step_details = Some(StepDetails {
        attempt: 1,
        next_attempt_timestamp: None,
        result: result.map(Into::into),
        error: None,
    });
    stored(n, operation)
}

pub(crate) fn wait(n: u64, until: Timestamp) -> StoredOperation {
    let mut operation = Operation::new(
        format!("wait-{n:04}"),
        OperationType::Wait,
        OperationStatus::Started,
        at(0),
    );
    operation.name = Some("cooling off".into());
    operation.sub_type = Some(SubType::WAIT);
    operation.wait_details = Some(WaitDetails {
        scheduled_end_timestamp: Some(until),
    });
    stored(n, operation)
}

pub(crate) fn stored(seq: u64, operation: Operation) -> StoredOperation {
    StoredOperation {
        seq,
        operation,
        changed: None,
        service: None,
    }
}

pub(crate) fn event(event_id: u64, operation: Option<&str>, details: EventDetails) -> Event {
    Event {
        event_id,
        event_timestamp: at(event_id as i64),
        id: operation.map(Into::into),
        parent_id: None,
        name: operation.map(|_| "charge".into()),
        sub_type: operation.map(|_| SubType::STEP),
        details,
    }
}

/// Every file in a folder with its content, by name.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

/// This test binary, to run the one test `name` in a process of its own with `NAME=value` in its environment.
pub(crate) fn again(name: &str, variable: &str, value: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture", "--include-ignored"])
        .env(variable, value);
    command
}

/// A new folder and the path of a database in it that does not exist yet.
pub(crate) fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    (folder, path)
}

/// A database with one execution, closed in order.
pub(crate) async fn filled(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    store.create(created("fulfil", "order-1")).await.unwrap();
    store
        .commit(step_done("fulfil", "order-1", 0, "receipt"))
        .await
        .unwrap();
}

/// Opening fails, nothing in the folder changes but the lock file, and the message has all of `says` in it.
pub(crate) fn refused(path: &Path, says: &[&str]) -> StoreError {
    let kept = |folder: &Path| {
        let mut files = files(folder);
        files.retain(|name, _| !name.ends_with("-lock") && !name.ends_with("-shm"));
        files
    };
    let folder = path.parent().unwrap();
    let before = kept(folder);

    let error = SqliteStore::open(path).unwrap_err();

    assert!(
        kept(folder) == before,
        "a file was changed: {:?}",
        kept(folder).keys()
    );
    let message = error.to_string();
    for part in says {
        assert!(message.contains(part), "{part:?} is missing in: {message}");
    }
    assert!(
        message.contains(path.to_str().unwrap()),
        "the path is missing in: {message}"
    );
    error
}

/// Declares each test once and runs it against both stores.
macro_rules! conformance {
    ($($name:ident)+) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                let store = durable_engine::store::MemoryStore::new();
                super::$name(std::sync::Arc::new(store)).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("durable.db");
                let store = durable_engine::store::SqliteStore::open(path).unwrap();
                super::$name(std::sync::Arc::new(store)).await;
            })+
        }
    };
}
#[allow(unused_imports, reason = "for the tests that run against both stores")]
pub(crate) use conformance;
