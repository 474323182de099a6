//! The threads that read: a few connections of their own, so that reading never waits for a write.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{failure::classify, rows::BadRow};
use crate::store::{StoreError, StoreFuture};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Why a read failed, before the file's name is known.
pub(super) enum ReadError {
    Sql(rusqlite::Error),
    Row(BadRow),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<BadRow> for ReadError {
    fn from(bad: BadRow) -> Self {
        Self::Row(bad)
    }
}

impl ReadError {
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Sql(error) => classify(path, "reading", error),
            Self::Row(bad) => bad.at(path),
        }
    }
}

pub(super) struct Readers {
    path: PathBuf,
    /// Taken when the store closes, which ends the threads.
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// A thread for each connection; they take jobs from one queue.
    pub(super) fn start(path: &Path, connections: Vec<Connection>) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let threads = connections
            .into_iter()
            .map(|mut connection| {
                let queue = Arc::clone(&queue);
                std::thread::Builder::new()
                    .name("durable-store-read".into())
                    .spawn(move || {
                        loop {
                            // The lock is held while waiting: the others wait for it instead of for the queue.
                            let job = queue.lock().recv();
                            match job {
                                Ok(job) => job(&mut connection),
                                Err(mpsc::RecvError) => return,
                            }
                        }
                    })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            path: path.into(),
            jobs: Some(jobs),
            threads,
        })
    }

    /// Runs `read` on a connection of its own, in one transaction: all its statements see the same moment.
    pub(super) fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> StoreFuture<T> {
        let (answer, answered) = oneshot::channel();
        let path = self.path.clone();
        let closed = StoreError::Closed {
            store: path.display().to_string(),
        };
        let job: Job = Box::new(move |connection| {
            let result = connection
                .transaction()
                .map_err(ReadError::from)
                .and_then(|moment| read(&moment))
                .map_err(|error| error.at(&path));
            // Whoever asked may have gone.
            let _ = answer.send(result);
        });
        if let Some(jobs) = &self.jobs {
            // When the threads are gone the job is dropped, and its answer with it.
            let _ = jobs.send(job);
        }
        Box::pin(async move { answered.await.unwrap_or(Err(closed)) })
    }

    /// Ends the threads, after the reads that are under way.
    pub(super) fn close(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A reader that panicked has nothing more to clean up.
            let _ = thread.join();
        }
    }
}
