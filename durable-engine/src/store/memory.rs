//! [`MemoryStore`]: for tests, and for programs that want durable semantics without durability.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use durable_runtime::wire::Timestamp;
use parking_lot::Mutex;

use super::{
    Created, EventRange, ExecutionSummary, LOOK_AGAIN, ListFilter, Loaded, OpenExecution,
    SWEEP_MAX, Store, StoreError, StoreFuture,
    due::{due, invokes},
    filter::{passes, summary},
    only_new,
};
use crate::core::{Commit, Event, ExecutionRecord, StoredOperation};

/// Keeps executions in memory: the same rules as [`SqliteStore`](super::SqliteStore), and gone with the process.
#[derive(Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    /// By position, which rises with creation.
    executions: BTreeMap<u64, Kept>,
    by_arn: HashMap<Arc<str>, u64>,
    by_name: HashMap<(Arc<str>, Arc<str>), u64>,
    last_position: u64,
}

struct Kept {
    record: ExecutionRecord,
    operations: BTreeMap<u64, StoredOperation>,
    events: BTreeMap<u64, Event>,
}

const NAME: &str = "the memory store";

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Tables {
    fn get(&self, arn: &str) -> Option<&Kept> {
        self.executions.get(self.by_arn.get(arn)?)
    }

    fn create(&mut self, commit: Commit) -> Result<Created, StoreError> {
        let key = (commit.record.workflow.clone(), commit.record.name.clone());
        if let Some(kept) = self
            .by_name
            .get(&key)
            .and_then(|at| self.executions.get(at))
        {
            return Ok(Created::Existing(Box::new(kept.record.clone())));
        }
        let arn = commit.record.arn.clone();
        if self.by_arn.contains_key(&arn) {
            return Err(conflict(&arn, "its ARN is another execution's".into()));
        }
        let mut kept = Kept {
            record: commit.record.clone(),
            operations: BTreeMap::new(),
            events: BTreeMap::new(),
        };
        kept.apply(commit)?;
        self.last_position += 1;
        self.by_arn.insert(arn, self.last_position);
        self.by_name.insert(key, self.last_position);
        self.executions.insert(self.last_position, kept);
        Ok(Created::New)
    }

    fn delete(&mut self, arn: &str) -> bool {
        let Some(kept) = self
            .by_arn
            .remove(arn)
            .and_then(|at| self.executions.remove(&at))
        else {
            return false;
        };
        self.by_name
            .remove(&(kept.record.workflow, kept.record.name));
        true
    }

    fn sweep(&mut self, now: Timestamp) -> Option<Timestamp> {
        let expiring: BTreeSet<_> = self
            .executions
            .values()
            .filter_map(|kept| Some((kept.record.delete_at?, kept.record.arn.clone())))
            .collect();
        let mut kept = false;
        let mut removed = 0;
        for (at, arn) in expiring {
            let is_due = at <= now;
            if self.is_awaited(&arn) {
                kept |= is_due;
            } else if is_due && removed < SWEEP_MAX {
                self.delete(&arn);
                removed += 1;
            } else {
                // What is kept comes again within the hour.
                let again = kept.then(|| now.saturating_add(LOOK_AGAIN));
                return again.into_iter().chain([at]).min();
            }
        }
        kept.then(|| now.saturating_add(LOOK_AGAIN))
    }

    /// Whether an open operation of an open execution waits for this one's end.
    fn is_awaited(&self, arn: &str) -> bool {
        let invoker = self
            .get(arn)
            .and_then(|kept| kept.record.origin.invoked_by.as_ref());
        invoker.is_some_and(|invoker| {
            self.get(&invoker.arn).is_some_and(|caller| {
                let waits = |stored: &StoredOperation| {
                    stored.operation.id == invoker.operation
                        && stored.operation.end_timestamp.is_none()
                };
                caller.record.ended.is_none() && caller.operations.values().any(waits)
            })
        })
    }

    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        let kept = self
            .by_arn
            .get(&commit.record.arn)
            .and_then(|at| self.executions.get_mut(at));
        match kept {
            Some(kept) => kept.apply(commit),
            None => Err(StoreError::UnknownExecution {
                arn: commit.record.arn.to_string(),
                store: NAME.into(),
            }),
        }
    }
}

impl Kept {
    /// All of the commit, or, when a part of it contradicts what is here, nothing.
    fn apply(&mut self, commit: Commit) -> Result<(), StoreError> {
        let Commit {
            created,
            urgent: _,
            record,
            operations,
            events,
        } = commit;
        for StoredOperation { seq, operation, .. } in &operations {
            if self
                .operations
                .get(seq)
                .is_some_and(|there| there.operation.id != operation.id)
            {
                let detail = format!("operation number {seq} is not {} there", operation.id);
                return Err(conflict(&record.arn, detail));
            }
        }
        if self.record.ended.is_some() && !created {
            return Err(conflict(&record.arn, "it has ended".to_owned()));
        }
        let mut last = self.events.last_key_value().map_or(0, |(id, _)| *id);
        let mut appended = BTreeMap::new();
        for event in events {
            let id = event.event_id;
            if id != last.saturating_add(1) {
                let detail = format!("event number {id} comes after number {last}");
                return Err(conflict(&record.arn, detail));
            }
            last = id;
            appended.insert(id, event);
        }
        self.operations
            .extend(operations.into_iter().map(|stored| (stored.seq, stored)));
        self.events.extend(appended);
        // What a commit never changes is taken from the stored record, as in SQLite, where it isn't written again.
        let ExecutionRecord {
            workflow,
            name,
            input,
            timeout_seconds,
            callback_key,
            started,
            origin,
            ..
        } = self.record.clone();
        self.record = ExecutionRecord {
            workflow,
            name,
            input,
            timeout_seconds,
            callback_key,
            started,
            origin,
            ..record
        };
        Ok(())
    }

    fn operations(&self) -> Vec<StoredOperation> {
        self.operations.values().cloned().collect()
    }

    fn range(&self, range: EventRange) -> Vec<Event> {
        let mut bytes = 0_usize;
        let within = |event: &&Event| {
            let begins = bytes < range.max_bytes;
            bytes = bytes.saturating_add(details_len(event));
            begins
        };
        let (events, from, limit) = (&self.events, range.from, range.limit);
        if range.newest_first {
            let listed = events.range(..=from.unwrap_or(u64::MAX)).rev();
            listed
                .map(|(_, event)| event)
                .take(limit)
                .take_while(within)
                .cloned()
                .collect()
        } else {
            let listed = events.range(from.unwrap_or(0)..);
            listed
                .map(|(_, event)| event)
                .take(limit)
                .take_while(within)
                .cloned()
                .collect()
        }
    }

    /// The earliest time at which something is to happen to the execution.
    fn next_due(&self) -> Option<Timestamp> {
        let timeout = self.record.timeout_seconds.map(|seconds| {
            let start = self.record.started.as_millis();
            Timestamp::from_millis(start.saturating_add(i64::from(seconds) * 1_000))
        });
        self.operations
            .values()
            .filter(|stored| stored.operation.end_timestamp.is_none())
            .filter_map(due)
            .chain(timeout)
            .chain(self.record.invoke_at)
            .min()
    }
}

/// The size of an event's details as they are stored elsewhere.
fn details_len(event: &Event) -> usize {
    serde_json::to_string(&event.details).map_or(0, |details| details.len())
}

fn conflict(arn: &str, detail: String) -> StoreError {
    StoreError::Conflict {
        arn: arn.into(),
        store: NAME.into(),
        detail,
    }
}

/// A future that is ready: nothing here ever waits.
fn ready<T: Send + 'static>(result: Result<T, StoreError>) -> StoreFuture<T> {
    Box::pin(std::future::ready(result))
}

impl Store for MemoryStore {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        ready(self.tables.lock().create(commit))
    }

    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        if commit.created {
            return Box::pin(only_new(
                commit.record.arn.clone(),
                NAME.into(),
                self.create(commit),
            ));
        }
        ready(self.tables.lock().commit(commit))
    }

    fn delete(&self, arn: &str) -> StoreFuture<bool> {
        ready(Ok(self.tables.lock().delete(arn)))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<Option<Timestamp>> {
        ready(Ok(self.tables.lock().sweep(now)))
    }

    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        let loaded = |kept: &Kept| Loaded {
            record: kept.record.clone(),
            operations: kept.operations(),
        };
        ready(Ok(self.tables.lock().get(arn).map(loaded)))
    }

    fn find(&self, workflow: &str, name: &str) -> StoreFuture<Option<ExecutionRecord>> {
        let tables = self.tables.lock();
        let at = tables.by_name.get(&(workflow.into(), name.into()));
        ready(Ok(at
            .and_then(|at| tables.executions.get(at))
            .map(|kept| kept.record.clone())))
    }

    fn open(&self) -> StoreFuture<Vec<OpenExecution>> {
        let listed = |kept: &Kept| OpenExecution {
            arn: kept.record.arn.clone(),
            workflow: kept.record.workflow.clone(),
            name: kept.record.name.clone(),
            invoked: kept.record.invocation.is_some(),
            invoking: kept.operations.values().any(invokes),
            next_due: kept.next_due(),
        };
        let tables = self.tables.lock();
        ready(Ok(tables
            .executions
            .values()
            .filter(|kept| kept.record.ended.is_none())
            .map(listed)
            .collect()))
    }

    fn record(&self, arn: &str) -> StoreFuture<Option<ExecutionRecord>> {
        let tables = self.tables.lock();
        ready(Ok(tables.get(arn).map(|kept| kept.record.clone())))
    }

    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>> {
        ready(Ok(self
            .tables
            .lock()
            .get(arn)
            .map(Kept::operations)
            .unwrap_or_default()))
    }

    fn events(&self, arn: &str, range: EventRange) -> StoreFuture<Vec<Event>> {
        let tables = self.tables.lock();
        ready(Ok(tables
            .get(arn)
            .map(|kept| kept.range(range))
            .unwrap_or_default()))
    }

    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>> {
        let tables = self.tables.lock();
        let limit = filter.limit;
        let listed = tables
            .executions
            .iter()
            .filter(|(position, kept)| passes(&filter, **position, &kept.record))
            .map(|(position, kept)| summary(*position, &kept.record));
        ready(Ok(if filter.oldest_first {
            listed.take(limit).collect()
        } else {
            listed.rev().take(limit).collect()
        }))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let executions = self.tables.lock().executions.len();
        f.debug_struct("MemoryStore")
            .field("executions", &executions)
            .finish()
    }
}
