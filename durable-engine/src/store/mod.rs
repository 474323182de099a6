//! Where executions are kept: a [`Store`] in memory, or in one SQLite file.
//!
//! The engine's state machine turns everything that happens to an execution into a
//! [`Commit`]: the new record, the operations that changed, the events to append. A store
//! makes one commit durable as a whole, or not at all, and gives everything back after a restart.

mod caught;
mod due;
mod error;
mod filter;
mod memory;
mod sqlite;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use durable_runtime::wire::Timestamp;

pub(crate) use self::caught::Caught;
pub use self::{
    error::{Cause, StoreError},
    memory::MemoryStore,
    sqlite::{SqliteReader, SqliteStore, WriterSettings},
};
use crate::core::{Commit, Event, ExecutionRecord, ExecutionStatus, StoredOperation};

/// What every method of a [`Store`] returns: a boxed future, so that a store can be used as `Arc<dyn Store>`.
pub type StoreFuture<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'static>>;

/// Keeps executions, their operations and their history.
///
/// Writes are submitted *by the call*, in the order of the calls; the future only waits for the answer. Dropping it does
/// not take the write back. Reads see every write whose future has resolved.
///
/// ```
/// use durable_engine::store::{ListFilter, MemoryStore, Store};
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), durable_engine::store::StoreError> {
/// let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
/// assert!(store.open().await?.is_empty());
/// assert!(store.list(ListFilter::default()).await?.is_empty());
/// # Ok(())
/// # }
/// ```
pub trait Store: Send + Sync + 'static {
    /// Stores a new execution, unless one of the same workflow and name exists: then nothing is changed and that one is
    /// returned. Of several calls with one name exactly one creates, and the others wait until that is durable.
    ///
    /// Errs with [`StoreError::Conflict`] when the ARN is taken by an execution of another name.
    fn create(&self, commit: Commit) -> StoreFuture<Created>;

    /// Stores a change of an existing execution, and resolves when it is durable.
    ///
    /// The record replaces the stored one (its ARN, workflow, name and input never change), each operation replaces the
    /// one with its `seq` or is added, and the events are appended. An error means that nothing of the commit is stored;
    /// other commits, even ones that share its disk write, are not affected. The exceptions are [`StoreError::Closed`]
    /// and [`StoreError::Panicked`], which leave that open. A commit that says it is [`created`](Commit::created) adds the execution instead, and errs
    /// with [`StoreError::Conflict`] when its name is taken.
    fn commit(&self, commit: Commit) -> StoreFuture<()>;

    /// Removes an execution with its operations and its history. False when the ARN is unknown.
    fn delete(&self, arn: &str) -> StoreFuture<bool>;

    /// Removes executions whose [`delete_at`](ExecutionRecord::delete_at) has come, not all of them when there are many, and says when
    /// there is something to remove next. One that an open operation of an open execution waits for (its [`invoked_by`](crate::core::Origin::invoked_by)) is kept
    /// until that operation has ended, since the caller would start it once more; its retention is looked at again after an hour.
    fn sweep(&self, now: Timestamp) -> StoreFuture<Option<Timestamp>>;

    /// An execution's record and its operations, as of one moment; `None` when the ARN is unknown.
    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>>;

    /// The record of the execution of `workflow` called `name`, if there is one.
    fn find(&self, workflow: &str, name: &str) -> StoreFuture<Option<ExecutionRecord>>;

    /// Every execution without an end time, in the order of creation: what a starting engine has to pick up.
    fn open(&self) -> StoreFuture<Vec<OpenExecution>>;

    /// An execution's record; `None` when the ARN is unknown.
    fn record(&self, arn: &str) -> StoreFuture<Option<ExecutionRecord>>;

    /// The operations of an execution by rising `seq`; none when the ARN is unknown.
    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>>;

    /// The whole history of an execution by rising event id; none when the ARN is unknown.
    fn history(&self, arn: &str) -> StoreFuture<Vec<Event>> {
        self.events(arn, EventRange::default())
    }

    /// A part of the history of an execution; none when the ARN is unknown.
    fn events(&self, arn: &str, range: EventRange) -> StoreFuture<Vec<Event>>;

    /// The executions the filter lets through, the newest first unless it says otherwise.
    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>>;
}

/// What [`Store::create`] did.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// The execution is new and stored.
    New,
    /// The workflow has an execution of that name already, and nothing was stored. Whether it is the same one is for
    /// the caller to judge, by its input.
    Existing(Box<ExecutionRecord>),
}

/// [`Store::commit`] of a commit that creates, given what [`Store::create`] makes of it.
async fn only_new(
    arn: Arc<str>,
    store: String,
    create: StoreFuture<Created>,
) -> Result<(), StoreError> {
    match create.await? {
        Created::New => Ok(()),
        Created::Existing(there) => {
            let detail = format!(
                "workflow {} has an execution named {} already",
                there.workflow, there.name
            );
            Err(StoreError::Conflict {
                arn: arn.to_string(),
                store,
                detail,
            })
        }
    }
}

/// The most executions that one [`Store::sweep`] removes, so that nothing waits for it for long.
const SWEEP_MAX: usize = 64;

/// When a sweep that had to keep something comes again at the latest.
const LOOK_AGAIN: Duration = Duration::from_hours(1);

/// How an ARN says that its execution is of this version of its function.
fn in_arn(version: &str) -> String {
    format!(":{version}/durable-execution/")
}

/// All that is needed to go on with an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Its record.
    pub record: ExecutionRecord,
    /// Its operations, by rising `seq`.
    pub operations: Vec<StoredOperation>,
}

/// An execution that has not ended, as [`Store::open`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenExecution {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The workflow it runs.
    pub workflow: Arc<str>,
    /// Its name, unique among the executions of that workflow.
    pub name: Arc<str>,
    /// An invocation of it was running when it was last written. When no engine has run since, that one is gone.
    pub invoked: bool,
    /// It waits for something that it has invoked (an open CHAINED_INVOKE).
    pub invoking: bool,
    /// The earliest time stored for it: when it has to be invoked, the end of a wait, the next attempt of a step, the
    /// timeout of a callback or its own. In the past when it passed while no engine ran; `None` when it waits for nothing
    /// that has a time.
    pub next_due: Option<Timestamp>,
}

/// Which part of a history [`Store::events`] returns. The default is all of it, the oldest event first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRange {
    /// The id of the first event returned; none: begin at the end that the order begins with.
    pub from: Option<u64>,
    /// The newest event first.
    pub newest_first: bool,
    /// At most this many.
    pub limit: usize,
    /// Ends after the event with which the stored details of all returned reach this many bytes. There is always one.
    pub max_bytes: usize,
}

impl Default for EventRange {
    fn default() -> Self {
        Self {
            from: None,
            newest_first: false,
            limit: usize::MAX,
            max_bytes: usize::MAX,
        }
    }
}

/// Which executions [`Store::list`] returns. The default is the 100 newest of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFilter {
    /// Only executions of this workflow.
    pub workflow: Option<String>,
    /// Only the execution with this name, of each workflow.
    pub name: Option<String>,
    /// Only executions of this function version, which the ARN names.
    pub version: Option<String>,
    /// Only executions in one of these states; empty: in any.
    pub statuses: Vec<ExecutionStatus>,
    /// Only executions that were started after this.
    pub started_after: Option<Timestamp>,
    /// Only executions that were started before this.
    pub started_before: Option<Timestamp>,
    /// The oldest first.
    pub oldest_first: bool,
    /// Only executions that come after the one with this [`position`](ExecutionSummary::position) in the order asked for: the
    /// last of the page before.
    pub beyond: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

impl Default for ListFilter {
    fn default() -> Self {
        Self {
            workflow: None,
            name: None,
            version: None,
            statuses: Vec::new(),
            started_after: None,
            started_before: None,
            oldest_first: false,
            beyond: None,
            limit: 100,
        }
    }
}

/// One line of [`Store::list`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// Its place in this store's order of creation, from 1 upward.
    pub position: u64,
    /// Its ARN.
    pub arn: Arc<str>,
    /// The workflow it runs.
    pub workflow: Arc<str>,
    /// Its name, unique among the executions of that workflow.
    pub name: Arc<str>,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
}
