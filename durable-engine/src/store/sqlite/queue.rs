//! Who writes, and when: commits queue up, and whoever has the connection takes all that wait.
//!
//! While one transaction is being made durable the next commits queue up, and together they are the next transaction. So a lone committer pays for its own
//! fsync, and a thousand share one; nobody waits for a timer, and everybody is answered after the fsync of the transaction it is in.
//!
//! A thread of its own does the writing when many commit at once or the disk is slow. Where commits come one at a time and the disk answers at once, handing
//! each to a thread and waiting to be woken costs as much as the disk does, so then the committer writes by itself, on its own thread.

use std::{
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use super::{job::Job, writer::Writer};

/// What writing on the committer's own thread may take: about what a wake-up of another thread costs twice, and little beside what an async runtime allows one
/// poll of a task. A transaction that took longer sends the next ones to the thread.
const SHORT: Duration = Duration::from_micros(500);

/// After so many transactions on the thread for the disk's sake, one is tried on a committer's again.
const TRY_AGAIN: u32 = 64;

/// After about so many pages of lone commits the log is copied into the database, on the thread. This comes before SQLite does it by itself (`CHECKPOINT_PAGES`),
/// which would hold a committer up for two more fsyncs and some megabytes.
const TIDY_AFTER: u32 = 3_000;

pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    writer: Mutex<Writer>,
}

struct State {
    jobs: Vec<Job>,
    /// Somebody has the connection, and will look here again before letting go of it.
    busy: bool,
    /// No more jobs will come.
    closed: bool,
    /// Whoever wrote panicked: nothing is written any more.
    broken: bool,
    /// The last transaction was one commit's.
    lone: bool,
    /// So many transactions are the thread's before a committer writes by itself again.
    slow: u32,
    /// Pages of lone commits since the log was copied, about.
    untidy: u32,
}

impl Queue {
    /// The queue, and the thread that works it off until it is closed.
    pub(super) fn start(writer: Writer) -> std::io::Result<(Arc<Self>, JoinHandle<()>)> {
        let queue = Arc::new(Self {
            state: Mutex::new(State {
                jobs: Vec::new(),
                busy: false,
                closed: false,
                broken: false,
                lone: true,
                slow: 0,
                untidy: 0,
            }),
            wake: Condvar::new(),
            writer: Mutex::new(writer),
        });
        let thread = std::thread::Builder::new()
            .name("durable-store-write".into())
            .spawn({
                let queue = Arc::clone(&queue);
                move || queue.work()
            })?;
        Ok((queue, thread))
    }

    /// Takes a job. Its answer comes later, or has come when this returns; gives whether it was written here.
    pub(super) fn submit(&self, job: Job) -> bool {
        let mut state = self.state.lock();
        if state.closed || state.broken {
            // The answer is dropped with the job, which is an answer.
            return false;
        }
        let quick = state.lone && state.slow == 0 && state.untidy < TIDY_AFTER;
        if state.busy || !quick || !state.jobs.is_empty() || !job.is_small_commit() {
            state.jobs.push(job);
            if !state.busy {
                self.wake.notify_one();
            }
            return false;
        }
        state.busy = true;
        drop(state);
        let left = self.write(|writer| writer.run_now(job), true);
        let mut state = self.state.lock();
        state.busy = false;
        if let Some(left) = left {
            // Another program writes: waiting for it is the thread's. What came meanwhile comes after it.
            state.slow = TRY_AGAIN;
            state.jobs.insert(0, left);
        }
        if !state.jobs.is_empty() || state.closed {
            self.wake.notify_one();
        }
        true
    }

    /// Ends the thread, after what is queued.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.wake.notify_one();
    }

    fn work(&self) {
        loop {
            let mut state = self.state.lock();
            while state.busy || state.jobs.is_empty() {
                if state.broken || state.closed && !state.busy {
                    return;
                }
                self.wake.wait(&mut state);
            }
            state.busy = true;
            let jobs = std::mem::take(&mut state.jobs);
            state.slow = state.slow.saturating_sub(1);
            let tidy = state.untidy >= TIDY_AFTER;
            drop(state);
            let lone = jobs.len() == 1;
            self.write(
                |writer| {
                    writer.run(jobs);
                    if tidy {
                        writer.checkpoint();
                    }
                },
                lone,
            );
            let mut state = self.state.lock();
            state.busy = false;
            if tidy {
                state.untidy = 0;
            }
        }
    }

    /// Writes what was taken, by whoever has the connection.
    fn write<T>(&self, write: impl FnOnce(&mut Writer) -> T, lone: bool) -> T {
        let mut breaks = Breaks {
            queue: self,
            armed: true,
        };
        let start = Instant::now();
        let (written, pages) = {
            let mut writer = self.writer.lock();
            (write(&mut writer), writer.take_pages())
        };
        let slow = start.elapsed() > SHORT;
        breaks.armed = false;
        let mut state = self.state.lock();
        state.lone = lone;
        if lone {
            state.untidy = state.untidy.saturating_add(pages);
        }
        if lone && slow && state.slow == 0 {
            state.slow = TRY_AGAIN;
        }
        written
    }
}

/// A panic while writing leaves a connection that nobody should go on with. Jobs that wait are dropped, which tells those who wait.
struct Breaks<'a> {
    queue: &'a Queue,
    armed: bool,
}

impl Drop for Breaks<'_> {
    fn drop(&mut self) {
        if self.armed {
            let mut state = self.queue.state.lock();
            state.broken = true;
            state.jobs.clear();
            drop(state);
            self.queue.wake.notify_all();
        }
    }
}
