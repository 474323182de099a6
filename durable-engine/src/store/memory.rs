//! [`MemoryStore`]: for tests, and for programs that want durable semantics without durability.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use durable_runtime::wire::Timestamp;
use parking_lot::Mutex;

use super::{
    Created, ExecutionSummary, ListFilter, Loaded, OpenExecution, Store, StoreError, StoreFuture,
    only_new,
};
use crate::core::{Commit, Event, ExecutionRecord, ServiceDetails, StoredOperation};

/// Keeps executions in memory: the same rules as [`SqliteStore`](super::SqliteStore), and gone with the process.
#[derive(Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    /// In the order of creation; never removed from.
    executions: Vec<Kept>,
    by_arn: HashMap<Arc<str>, usize>,
    by_name: HashMap<(Arc<str>, Arc<str>), usize>,
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
        self.executions.get(*self.by_arn.get(arn)?)
    }

    fn create(&mut self, commit: Commit) -> Result<Created, StoreError> {
        let key = (commit.record.workflow.clone(), commit.record.name.clone());
        if let Some(kept) = self
            .by_name
            .get(&key)
            .and_then(|at| self.executions.get(*at))
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
        self.by_arn.insert(arn, self.executions.len());
        self.by_name.insert(key, self.executions.len());
        self.executions.push(kept);
        Ok(Created::New)
    }

    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        let kept = self
            .by_arn
            .get(&commit.record.arn)
            .and_then(|at| self.executions.get_mut(*at));
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
            created: _,
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
        let mut appended = BTreeMap::new();
        for event in events {
            let id = event.event_id;
            if self.events.contains_key(&id) || appended.insert(id, event).is_some() {
                return Err(conflict(
                    &record.arn,
                    format!("event {id} is there already"),
                ));
            }
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
            ..
        } = self.record.clone();
        self.record = ExecutionRecord {
            workflow,
            name,
            input,
            timeout_seconds,
            callback_key,
            started,
            ..record
        };
        Ok(())
    }

    fn operations(&self) -> Vec<StoredOperation> {
        self.operations.values().cloned().collect()
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

/// When something is to happen to an operation.
fn due(stored: &StoredOperation) -> Option<Timestamp> {
    if let Some(ServiceDetails::Callback {
        timeout, heartbeat, ..
    }) = &stored.service
    {
        return timeout.iter().chain(heartbeat).min().copied();
    }
    let step = stored
        .operation
        .step_details
        .as_ref()
        .and_then(|step| step.next_attempt_timestamp);
    step.or_else(|| {
        stored
            .operation
            .wait_details
            .as_ref()?
            .scheduled_end_timestamp
    })
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
            .and_then(|at| tables.executions.get(*at))
            .map(|kept| kept.record.clone())))
    }

    fn open(&self) -> StoreFuture<Vec<OpenExecution>> {
        let listed = |kept: &Kept| OpenExecution {
            arn: kept.record.arn.clone(),
            workflow: kept.record.workflow.clone(),
            name: kept.record.name.clone(),
            invoked: kept.record.invocation.is_some(),
            next_due: kept.next_due(),
        };
        let tables = self.tables.lock();
        ready(Ok(tables
            .executions
            .iter()
            .filter(|kept| kept.record.ended.is_none())
            .map(listed)
            .collect()))
    }

    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>> {
        ready(Ok(self
            .tables
            .lock()
            .get(arn)
            .map(Kept::operations)
            .unwrap_or_default()))
    }

    fn history(&self, arn: &str) -> StoreFuture<Vec<Event>> {
        let events = |kept: &Kept| kept.events.values().cloned().collect();
        ready(Ok(self
            .tables
            .lock()
            .get(arn)
            .map(events)
            .unwrap_or_default()))
    }

    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>> {
        let ListFilter {
            workflow,
            status,
            before,
            limit,
        } = filter;
        let tables = self.tables.lock();
        let listed = (1..=tables.executions.len() as u64)
            .rev()
            .zip(tables.executions.iter().rev())
            .filter(|(position, _)| before.is_none_or(|before| *position < before))
            .filter(|(_, kept)| {
                workflow
                    .as_ref()
                    .is_none_or(|workflow| *kept.record.workflow == **workflow)
            })
            .filter(|(_, kept)| status.is_none_or(|status| kept.record.status == status))
            .take(limit)
            .map(|(position, kept)| ExecutionSummary {
                position,
                arn: kept.record.arn.clone(),
                workflow: kept.record.workflow.clone(),
                name: kept.record.name.clone(),
                status: kept.record.status,
                started: kept.record.started,
                ended: kept.record.ended,
            })
            .collect();
        ready(Ok(listed))
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
