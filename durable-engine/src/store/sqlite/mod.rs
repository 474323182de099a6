//! [`SqliteStore`]: everything in one SQLite file. The schema is documented in `docs/storage.md`.

mod apply;
mod commit_rows;
mod event_row;
mod failure;
mod history;
mod job;
mod known;
mod lock;
mod open;
mod operation_row;
mod queries;
mod queue;
mod read_only;
mod reader;
mod rows;
mod schema;
mod statements;
mod writer;

use std::{fmt, path::Path, sync::Arc, task::Poll, thread::JoinHandle};

use durable_runtime::wire::Timestamp;
use tokio::sync::oneshot;

use self::{
    commit_rows::CommitRows,
    job::{Answer, Job},
    lock::Lock,
    queue::Queue,
    reader::Readers,
    writer::Writer,
};
pub use self::{job::WriterSettings, read_only::SqliteReader};
use super::{
    Created, EventRange, ExecutionSummary, ListFilter, Loaded, OpenExecution, Store, StoreError,
    StoreFuture,
};
use crate::core::{Commit, Event, ExecutionRecord, StoredOperation};

/// How many connections read at the same time.
const READERS: usize = 2;

/// Keeps executions in one SQLite file.
///
/// A commit that was acknowledged survives `kill -9` and power loss: the file is in WAL mode with `synchronous=FULL`,
/// and nobody is answered before the fsync of its transaction. Commits that wait at the same time share a transaction,
/// so throughput grows with concurrency.
///
/// One engine has the file open at a time; a second one is refused. [`SqliteReader`] and other programs, such as the
/// `sqlite3` tool, can read it while the engine runs. The lock, `<file>-lock`, stays behind and means nothing by being there; it must not be
/// deleted while an engine runs.
///
/// The store has its own threads and needs no particular async runtime. A commit that comes alone, on a disk that has just answered within half a millisecond, is
/// written by the call itself instead. Dropping it writes what is queued, closes the file
/// and releases the lock; that blocks for as long as the last transaction takes.
pub struct SqliteStore {
    path: Arc<Path>,
    queue: Arc<Queue>,
    writer: Option<JoinHandle<()>>,
    readers: Readers,
    /// Last: released when nothing of this store touches the file any more.
    _lock: Lock,
}

impl SqliteStore {
    /// Opens the database at `path`, or creates it. The folder must exist. Blocks for the time of some file operations,
    /// and longer when a crash left a long write-ahead log to be read.
    ///
    /// # Errors
    /// A path that can't be a database ([`MissingDirectory`](StoreError::MissingDirectory),
    /// [`NotAFile`](StoreError::NotAFile), [`NotWritable`](StoreError::NotWritable)), a file that isn't ours or can't
    /// be trusted ([`NotADatabase`](StoreError::NotADatabase), [`Foreign`](StoreError::Foreign),
    /// [`NewerSchema`](StoreError::NewerSchema), [`Corrupt`](StoreError::Corrupt),
    /// [`LogWithoutDatabase`](StoreError::LogWithoutDatabase)), or one that another engine has
    /// open ([`InUse`](StoreError::InUse)). No stored byte is changed in any of these cases.
    ///
    /// ```
    /// use durable_engine::store::{SqliteStore, StoreError};
    ///
    /// let error = SqliteStore::open("/no/such/folder/orders.db").unwrap_err();
    /// assert!(matches!(error, StoreError::MissingDirectory { .. }));
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let opened = open::open(path.as_ref(), schema::MIGRATIONS, READERS)?;
        let path = opened.path;
        let failed = |source| StoreError::Io {
            path: path.clone(),
            doing: "opening",
            source: Arc::new(source),
        };
        let readers = Readers::start(&path, opened.readers).map_err(failed)?;
        let writer = Writer::new(opened.writer, path.clone());
        let (queue, writer) = Queue::start(writer).map_err(failed)?;
        Ok(Self {
            path: path.into(),
            queue,
            writer: Some(writer),
            readers,
            _lock: opened.lock,
        })
    }

    /// The database file: an absolute path, symbolic links resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the live connection that writes is set, asked from SQLite itself.
    pub fn writer_settings(&self) -> StoreFuture<WriterSettings> {
        self.submit(Job::Settings)
    }

    fn submit<T: Send + 'static>(&self, job: impl FnOnce(Answer<T>) -> Job) -> StoreFuture<T> {
        let (answer, answered) = oneshot::channel();
        let closed = StoreError::Closed {
            store: self.path.display().to_string(),
        };
        let written = self.queue.submit(job(answer));
        Box::pin(async move {
            if written {
                // The others have a turn between two commits that were written here.
                turn().await;
            }
            answered.await.unwrap_or(Err(closed))
        })
    }

    fn write<T: Send + 'static>(
        &self,
        commit: Commit,
        job: impl FnOnce(CommitRows, Answer<T>) -> Job,
    ) -> StoreFuture<T> {
        // Turned into rows here, on the caller's thread: the writer's time is everybody's.
        match CommitRows::new(commit, &self.path) {
            Ok(rows) => self.submit(|answer| job(rows, answer)),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}

/// Lets whoever polls this go on with something else once.
async fn turn() {
    let mut first = true;
    std::future::poll_fn(|context| {
        if std::mem::take(&mut first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

impl Store for SqliteStore {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        self.write(commit, Job::Create)
    }

    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        if commit.created {
            return Box::pin(super::only_new(
                commit.record.arn.clone(),
                self.path.display().to_string(),
                self.create(commit),
            ));
        }
        self.write(commit, Job::Commit)
    }

    fn delete(&self, arn: &str) -> StoreFuture<bool> {
        let arn = arn.to_owned();
        self.submit(|answer| Job::Delete(arn, answer))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<Option<Timestamp>> {
        self.submit(|answer| Job::Sweep(now, answer))
    }

    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        let arn = arn.to_owned();
        self.readers.read(move |moment| queries::load(moment, &arn))
    }

    fn find(&self, workflow: &str, name: &str) -> StoreFuture<Option<ExecutionRecord>> {
        let (workflow, name) = (workflow.to_owned(), name.to_owned());
        self.readers
            .read(move |moment| queries::find(moment, &workflow, &name))
    }

    fn open(&self) -> StoreFuture<Vec<OpenExecution>> {
        self.readers.read(queries::open)
    }

    fn record(&self, arn: &str) -> StoreFuture<Option<ExecutionRecord>> {
        let arn = arn.to_owned();
        self.readers
            .read(move |moment| queries::record(moment, &arn))
    }

    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>> {
        let arn = arn.to_owned();
        self.readers
            .read(move |moment| queries::operations(moment, &arn))
    }

    fn events(&self, arn: &str, range: EventRange) -> StoreFuture<Vec<Event>> {
        let arn = arn.to_owned();
        self.readers
            .read(move |moment| queries::events(moment, &arn, range))
    }

    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>> {
        self.readers
            .read(move |moment| queries::list(moment, &filter))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Readers first: the last connection to close, the writer's, then tidies the write-ahead log away.
        self.readers.close();
        self.queue.close();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has rolled back; there is nobody to tell.
            let _ = writer.join();
        }
    }
}
