//! [`Bootstraps`]: the processes of one function.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::Bootstrap;
use super::failure;
use super::logs::Logs;
use super::process::{Process, Served};
use crate::function::{Function, FunctionError, FunctionRequest};

/// A function that runs in processes of its own; made by [`Bootstrap::start`]. Clones share the processes, which are killed when the last clone goes.
#[derive(Clone, Debug)]
pub struct Bootstraps(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    config: Bootstrap,
    logs: Logs,
    permits: Semaphore,
    /// The one that became idle last comes last.
    idle: Mutex<Vec<Idle>>,
    /// Somebody ends processes that have nothing to do.
    tidied: AtomicBool,
    stop: CancellationToken,
    processes: TaskTracker,
}

#[derive(Debug)]
struct Idle {
    process: Process,
    /// Whom it has worked for: nobody else's data may come near it.
    tenant: Option<String>,
    since: Instant,
}

impl Bootstraps {
    pub(super) fn new(config: Bootstrap, logs: Logs) -> Self {
        Self(Arc::new(Pool {
            permits: Semaphore::new(config.concurrency.min(Semaphore::MAX_PERMITS)),
            config,
            logs,
            idle: Mutex::default(),
            tidied: AtomicBool::new(false),
            stop: CancellationToken::new(),
            processes: TaskTracker::new(),
        }))
    }

    /// How many processes run, idle ones included.
    #[must_use]
    pub fn processes(&self) -> usize {
        self.0.processes.len()
    }

    /// Kills all processes, and returns when they are gone. Invocations that run fail, and no other ones begin.
    pub async fn stop(&self) {
        self.0.permits.close();
        self.0.stop.cancel();
        self.0.idle.lock().clear();
        self.0.processes.close();
        self.0.processes.wait().await;
    }
}

impl Function for Bootstraps {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Result<Bytes, FunctionError>> {
        Box::pin(self.0.invoke(request))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Pool {
    async fn invoke(self: &Arc<Self>, request: FunctionRequest) -> Result<Bytes, FunctionError> {
        let request_id = request.request_id.clone();
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(failure::not_started(
                &request_id,
                "the engine is shutting down",
            ));
        };
        loop {
            // Dropped, and with it killed, unless it is put back.
            let mut process = match self.take_idle(request.tenant_id.as_deref()) {
                Some(process) => process,
                None => self
                    .start()
                    .await
                    .map_err(|error| failure::not_started(&request_id, &error.to_string()))?,
            };
            match process.serve(request.clone(), &self.config).await {
                Served::Answered(answer) => {
                    self.put_back(process, request.tenant_id);
                    return answer;
                }
                Served::Broken(answer) => return answer,
                Served::Gone => {}
            }
        }
    }

    async fn start(self: &Arc<Self>) -> std::io::Result<Process> {
        let endpoint = match &self.config.endpoint {
            Some(endpoint) => Some(endpoint.known().await),
            None => None,
        };
        if !self.tidied.swap(true, Ordering::Relaxed) {
            tokio::spawn(tidy(Arc::downgrade(self), self.config.idle_timeout));
        }
        Process::start(
            &self.config,
            &self.logs,
            endpoint.as_deref(),
            self.stop.child_token(),
            &self.processes,
        )
        .await
    }

    fn take_idle(&self, tenant: Option<&str>) -> Option<Process> {
        let mut idle = self.idle.lock();
        idle.retain(|idle| idle.process.is_alive());
        let latest = idle
            .iter()
            .rposition(|idle| idle.tenant.as_deref() == tenant)?;
        Some(idle.remove(latest).process)
    }

    fn put_back(&self, process: Process, tenant: Option<String>) {
        if !self.stop.is_cancelled() {
            self.idle.lock().push(Idle {
                process,
                tenant,
                since: Instant::now(),
            });
        }
    }

    fn drop_idle(&self, idle_timeout: Duration) {
        self.idle
            .lock()
            .retain(|idle| idle.process.is_alive() && idle.since.elapsed() < idle_timeout);
    }
}

/// Ends processes that have nothing to do, for as long as the function is there.
async fn tidy(pool: Weak<Pool>, idle_timeout: Duration) {
    let every = (idle_timeout / 4).clamp(Duration::from_millis(50), Duration::from_secs(30));
    loop {
        tokio::time::sleep(every).await;
        let Some(pool) = pool.upgrade() else { return };
        pool.drop_idle(idle_timeout);
    }
}
