//! What the database and the ledger hold at one moment.

use std::collections::BTreeMap;
use std::fs;

use durable_engine::store::{ListFilter, SqliteStore, Store};
use durable_engine::{Event, ExecutionRecord};
use durable_runtime::wire::{Operation, OperationStatus, OperationType};

use crate::common::{Entry, Place};

/// What the database and the ledger hold at one moment.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) executions: BTreeMap<String, Execution>,
    pub(crate) ledger: Vec<Entry>,
    /// The log ends with pages of a transaction that was never committed.
    pub(crate) cut_write: bool,
}

/// What the database holds of one order.
pub(crate) struct Execution {
    pub(crate) record: ExecutionRecord,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) history: Vec<Event>,
}

impl Seen {
    /// Reads a copy, so that the next process finds exactly what the killed one left.
    pub(crate) fn read(place: &Place) -> Self {
        let ledger = Entry::read(&place.path("fulfilment.ledger"));
        let log = fs::read(place.path("fulfilment.db-wal")).unwrap_or_default();
        let copy = tempfile::tempdir().unwrap();
        let database = copy.path().join("copy.db");
        // Killed before it had made one.
        if fs::copy(place.path("fulfilment.db"), &database).is_err() {
            return Self {
                ledger,
                ..Self::default()
            };
        }
        fs::write(copy.path().join("copy.db-wal"), &log).unwrap();

        let checked: String = rusqlite::Connection::open(&database)
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(checked, "ok", "the database is damaged");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let executions = runtime.block_on(executions(SqliteStore::open(&database).unwrap()));
        Self {
            executions,
            ledger,
            cut_write: ends_uncommitted(&log),
        }
    }

    pub(crate) fn has_ended(&self, order: &str) -> bool {
        self.executions
            .get(order)
            .is_some_and(|execution| execution.record.status.is_terminal())
    }

    /// The most attempts that a step of an unfinished order has used.
    pub(crate) fn attempts_used(&self) -> u32 {
        let open = self
            .executions
            .values()
            .filter(|execution| execution.record.ended.is_none());
        open.flat_map(|execution| execution.operations.values())
            .map(Operation::finished_attempts)
            .max()
            .unwrap_or(0)
    }

    /// How often a step of an order wrote to the ledger.
    pub(crate) fn runs(&self, order: &str, step: &str) -> usize {
        self.ledger
            .iter()
            .filter(|entry| entry.order == order && entry.step == step)
            .count()
    }

    /// Where the kill found an order.
    pub(crate) fn phase_of(&self, order: &str) -> String {
        let Some(execution) = self.executions.get(order) else {
            return "before the order was recorded".to_owned();
        };
        if execution.record.status.is_terminal() {
            return "after the order's end was recorded".to_owned();
        }
        let open = execution
            .operations
            .values()
            .find(|operation| !operation.status.is_terminal());
        match open {
            None => "before or after a step, or inside one whose start is not recorded by itself"
                .to_owned(),
            Some(operation) => {
                let name = operation.name.as_deref().unwrap_or("the wait");
                match (operation.operation_type, operation.status) {
                    (OperationType::Wait, _) => "in the wait".to_owned(),
                    (_, OperationStatus::Started) => format!("inside {name}"),
                    _ => format!("between two attempts of {name}"),
                }
            }
        }
    }
}

async fn executions(store: SqliteStore) -> BTreeMap<String, Execution> {
    let filter = ListFilter {
        limit: usize::MAX >> 1,
        ..ListFilter::default()
    };
    let mut executions = BTreeMap::new();
    for listed in store.list(filter).await.unwrap() {
        let loaded = store.load(&listed.arn).await.unwrap().unwrap();
        let operations = loaded
            .operations
            .into_iter()
            .map(|stored| (stored.operation.id.clone(), stored.operation));
        let execution = Execution {
            record: loaded.record,
            operations: operations.collect(),
            history: store.history(&listed.arn).await.unwrap(),
        };
        executions.insert(listed.name.to_string(), execution);
    }
    executions
}

/// Whether a write-ahead log (sqlite.org/walformat.html) ends with frames that no commit frame follows.
fn ends_uncommitted(log: &[u8]) -> bool {
    let number = |at: usize| {
        log.get(at..at + 4)
            .map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap()))
    };
    let Some(page_size) = number(8) else {
        return false;
    };
    let mut frame = 32;
    let mut uncommitted = false;
    // Frames with other salts are left over from before the log began anew.
    while number(frame + 8).is_some()
        && number(frame + 8) == number(16)
        && number(frame + 12) == number(20)
    {
        uncommitted = number(frame + 4) == Some(0);
        frame += 24 + page_size as usize;
    }
    uncommitted
}
